import type { ClientHttp2Session } from 'node:http2';
import { variantsOf } from '../wire/extremes.ts';
import { Call, openHttp2 } from '../wire/grpc.ts';
import { FLAG, FRAME, frame, headerBlock, openRawHttp2, SESSION_HEADERS } from '../wire/http2-frames.ts';
import { mutate } from '../wire/mutate.ts';
import { enrolment, FACTS, type JoinedNode, newRequest } from '../wire/node.ts';
import { type Content, encode, nodeFrame } from '../wire/node-proto.ts';
import type { Random } from '../wire/random.ts';
import { type Shot, someAddress } from './fuzzer.ts';

const ANSWER_WITHIN_MS = 150;
const EXECUTION = '00000000-0000-4000-8000-000000000000';
/** What the controller says of a fault of its own; INTERNAL alone is also grpc-js's word for bytes that are no message. */
const FAULT = /^2 |went wrong in the controller|could not be taken/;
const FRAMES: readonly (readonly [string, string, Content])[] = [
  ['heartbeat', 'Heartbeat', { healthy: true, free_slots: 4, problems: ['a'] }],
  ['started', 'Started', { execution_id: EXECUTION }],
  ['output', 'Output', { execution_id: EXECUTION, stream: 1, data: Buffer.from('out') }],
  ['finished', 'Finished', { execution_id: EXECUTION, outcome: 'ok', exit_code: 0, result_json: '{"a":1}' }],
  ['facts_changed', 'FactsChanged', { facts: FACTS }],
  ['metrics', 'Metrics', { host: { cpu: { cores: 2 } }, daemon: { running: 1 } }],
];

/** A third of the shots are frames of HTTP/2, a third calls without a certificate, a third frames within a session. */
export function nodeShot(port: number, node: JoinedNode): Shot {
  const hello = nodeFrame('hello', { protocol_version: 1, facts: FACTS, free_slots: 4 });
  const frames = FRAMES.map(([kind, , content]) => nodeFrame(kind, content));
  const extremes = FRAMES.flatMap(([kind, type, content]) =>
    variantsOf(type, content).map(({ bytes }) => nodeFrame(kind, bytes)),
  );
  const request = encode('EnrollRequest', { ...enrolment('eyJhIjoxfQ=='), csr: newRequest().csr });
  const calls: readonly ((random: Random) => Promise<{ answer: string; input: Buffer }>)[] = [
    (random) => throwFrames(port, random),
    (random) => call({ port, from: someAddress(random) }, 'Enroll', [mutate(random, request, [request])]),
    (random) =>
      call({ port, node, from: someAddress(random) }, random.pick(['Renew', 'RevokeOthers']), [
        mutate(random, request, [request]),
      ]),
    (random) => {
      const content = Array.from({ length: 1 + random.below(5) }, () =>
        random.below(3) === 0 ? random.pick(extremes) : mutate(random, random.pick(frames), frames),
      );
      return call({ port, node, from: someAddress(random) }, 'Session', [
        random.below(5) === 0 ? mutate(random, hello, frames) : hello,
        ...content,
      ]);
    },
  ];
  return async (random) => {
    const { answer, input } = await random.pick(calls)(random);
    return { answer: answer.split(' ', 1)[0] ?? answer, input, isFault: FAULT.test(answer) };
  };
}

interface Caller {
  readonly port: number;
  readonly from: string;
  readonly node?: JoinedNode;
}

async function call({ port, from, node }: Caller, method: string, messages: readonly Buffer[]) {
  const session: ClientHttp2Session | undefined = await openHttp2({
    host: '127.0.0.1',
    port,
    from,
    identity: node,
  }).catch(() => undefined);
  if (session === undefined) return { answer: 'no connection', input: Buffer.alloc(0) };
  const made = new Call(session, method);
  for (const message of messages) made.send(message);
  made.end();
  const answer = await Promise.race([made.ended.then(({ status, message }) => `${status} ${message}`), late('open')]);
  session.destroy();
  return { answer, input: Buffer.concat([...messages]) };
}

async function throwFrames(port: number, random: Random) {
  const corpus = [
    frame(FRAME.headers, FLAG.endHeaders, 1, headerBlock(SESSION_HEADERS)),
    frame(FRAME.data, FLAG.endStream, 1, Buffer.alloc(30)),
    frame(FRAME.settings, 0, 0, Buffer.from('000300000064', 'hex')),
    frame(FRAME.windowUpdate, 0, 0, Buffer.from('00010000', 'hex')),
    frame(FRAME.ping, 0, 0, Buffer.alloc(8)),
    frame(FRAME.reset, 0, 1, Buffer.alloc(4)),
  ];
  const input = Buffer.concat(
    Array.from({ length: 1 + random.below(8) }, () => mutate(random, random.pick(corpus), corpus)),
  );
  const socket = await openRawHttp2(port, undefined, someAddress(random)).catch(() => undefined);
  if (socket === undefined) return { answer: 'no connection', input };
  socket.resume();
  socket.write(input);
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve('closed')));
  const answer = await Promise.race([closed, late('open')]);
  socket.destroy();
  return { answer, input };
}

function late(answer: string): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve(answer), ANSWER_WITHIN_MS));
}

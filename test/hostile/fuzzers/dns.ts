import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { ATTACKER_ADDRESS } from '../wire/grpc.ts';
import { mutate } from '../wire/mutate.ts';
import type { Shot } from './fuzzer.ts';

const ANSWER_WITHIN_MS = 100;

/** A question (RFC 1035 §4) for an A record, and the same with EDNS, as a zone transfer, and with a name that points at itself. */
const CORPUS: readonly Buffer[] = [
  question('node.cluster-harbour.nm.internal', 1),
  question('cluster-harbour.nm.internal', 252),
  Buffer.concat([question('a.nm.internal', 28), Buffer.from('0000291000000000000000', 'hex')]),
  Buffer.concat([Buffer.from('123401000001000000000000c00c00010001', 'hex')]),
];

/** Half over UDP, half over TCP with two bytes of length before. */
export function dnsShot(port: number): Shot {
  return async (random) => {
    const input = mutate(random, random.pick(CORPUS), CORPUS).subarray(0, 4_000);
    const answer = random.below(2) === 0 ? await overUdp(port, input) : await overTcp(port, input);
    return { answer: answer === undefined ? 'nothing' : `rcode ${(answer[3] ?? 0) & 15}`, input, isFault: false };
  };
}

function question(name: string, type: number): Buffer {
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  return Buffer.concat([Buffer.from('123401000001000000000000', 'hex'), ...labels, Buffer.from([0, 0, type, 0, 1])]);
}

async function overUdp(port: number, input: Buffer): Promise<Buffer | undefined> {
  const socket = createSocket('udp4');
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const timer = setTimeout(() => resolve(undefined), ANSWER_WITHIN_MS);
  socket.on('error', () => resolve(undefined));
  socket.on('message', resolve);
  socket.send(input, port, '127.0.0.1');
  const answer = await promise;
  clearTimeout(timer);
  socket.close();
  return answer;
}

async function overTcp(port: number, input: Buffer): Promise<Buffer | undefined> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: ATTACKER_ADDRESS });
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const timer = setTimeout(() => resolve(undefined), ANSWER_WITHIN_MS);
  socket.on('error', () => resolve(undefined));
  socket.once('data', (bytes) => resolve(bytes.subarray(2)));
  socket.once('close', () => resolve(undefined));
  const length = Buffer.alloc(2);
  length.writeUInt16BE(input.length);
  socket.write(Buffer.concat([length, input]));
  const answer = await promise;
  clearTimeout(timer);
  socket.destroy();
  return answer;
}

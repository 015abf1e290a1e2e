import { randomBytes } from 'node:crypto';
import { Call, openHttp2, openTls, unary } from '../wire/grpc.ts';
import { callHeaders, FLAG, FRAME, frame, headerBlock, keepSending } from '../wire/http2-frames.ts';
import { FACTS, joinNode } from '../wire/node.ts';
import { encode, nodeFrame } from '../wire/node-proto.ts';
import { given, report, sleep } from './given.ts';

/** A node with a good certificate that comes again and again, and does nothing with what it is let in for. */
const { nodes, secret } = given<{ secret: string }>();
const node = await joinNode(secret);
const EACH_MS = 3_000;

/** Frames of HTTP/2 that carry nothing, under a session that is open. */
const hello = nodeFrame('hello', { protocol_version: 1, facts: FACTS, boot_id: 'hostile', free_slots: 8 });
const message = Buffer.concat([Buffer.from([0, 0, 0, 0, hello.length]), hello]);
const opening = Buffer.concat([
  frame(FRAME.headers, FLAG.endHeaders, 1, headerBlock(callHeaders('Session'))),
  frame(FRAME.data, 0, 1, message),
]);
const updates = Buffer.concat(Array(500).fill(frame(FRAME.windowUpdate, 0, 1, Buffer.from([0, 0, 0, 1]))));
const flood = await keepSending({ port: nodes, forMs: EACH_MS, identity: node }, () => {
  let next = opening;
  return () => {
    const part = next;
    next = updates;
    return part;
  };
});

const connection = () => openHttp2({ ...node, identity: node });
const silent = await again(async () => {
  const http2 = await connection();
  const call = new Call(http2, 'Session');
  await Promise.race([call.ended, new Promise((resolve) => http2.ping(resolve))]);
  http2.destroy();
});
const asking = await again(async () => {
  const http2 = await connection();
  await unary(http2, 'MayStart', encode('MayStartRequest', { execution_id: 'none' }));
  http2.destroy();
});
const tokens = await again(async () => {
  const socket = await openTls({ ...node, identity: node, protocols: ['garrison-tunnel/1'] });
  socket.resume();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(randomBytes(32));
  await closed;
});
report({ flood, silent, asking, tokens });

/** How often it was let in. */
async function again(once: () => Promise<void>): Promise<number> {
  let times = 0;
  for (const until = performance.now() + EACH_MS; performance.now() < until; ) {
    await once().then(
      () => times++,
      () => sleep(20),
    );
  }
  return times;
}

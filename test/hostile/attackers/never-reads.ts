import { randomUUID } from 'node:crypto';
import { openHttp2 } from '../wire/grpc.ts';
import { FACTS, joinNode, openSession } from '../wire/node.ts';
import { given, report, sleep } from './given.ts';

/** A node whose window is closed: it asks for acknowledgements and takes none of them. */
const { secret } = given<{ secret: string }>();
const hello = { protocol_version: 1, facts: FACTS, free_slots: 8 };
let sent = 0;

async function askAndTakeNothing(): Promise<boolean> {
  const node = await joinNode(secret);
  const http2 = await openHttp2({ ...node, identity: node }, { initialWindowSize: 0 });
  const session = await openSession(node, hello, http2);
  await sleep(500);
  for (const until = performance.now() + 6_000; performance.now() < until && !session.isOver; ) {
    const isTaken = session.send('finished', { execution_id: randomUUID(), outcome: 'ok' });
    sent += 1;
    if (!isTaken) await session.drained(until - performance.now());
    else if (sent % 200 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const { isOver } = session;
  http2.destroy();
  return isOver;
}

const wereCut = await Promise.all([1, 2, 3].map(askAndTakeNothing));
report({ sent, cut: wereCut.filter(Boolean).length });

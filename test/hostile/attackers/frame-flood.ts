import { randomUUID } from 'node:crypto';
import { joinNode, openSession } from '../wire/node.ts';
import type { Content } from '../wire/node-proto.ts';
import { given, report } from './given.ts';

/** Every other kind of frame as fast as the line takes them, about executions that nobody ordered. */
const { secret } = given<{ secret: string }>();
const node = await joinNode(secret);
const disks = Array.from({ length: 50 }, (_, index) => ({ mount: `/m${index}`, capacity: { total_bytes: index } }));
const FRAMES: readonly (readonly [string, () => Content])[] = [
  ['heartbeat', () => ({ healthy: true, problems: ['p'.repeat(200)] })],
  ['metrics', () => ({ host: { cpu: { cores: 4 }, disks } })],
  ['received', () => ({ execution_id: randomUUID() })],
  ['started', () => ({ execution_id: randomUUID() })],
  ['output', () => ({ execution_id: randomUUID(), stream: 1, data: Buffer.alloc(1_000, 0x61) })],
  ['finished', () => ({ execution_id: randomUUID(), outcome: 'ok' })],
];
const EACH_MS = 1_200;
const tally: Record<string, { sent: number; cuts: number }> = {};
for (const [kind, content] of FRAMES) {
  const counts = { sent: 0, cuts: 0 };
  tally[kind] = counts;
  for (const until = performance.now() + EACH_MS; performance.now() < until; ) {
    const session = await openSession(node);
    await session.next('welcome');
    while (performance.now() < until && !session.isOver) {
      if (session.send(kind, content())) counts.sent += 1;
      else await session.drained();
      if (counts.sent % 200 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    if (session.isOver) counts.cuts += 1;
    session.close();
  }
}
report(tally);

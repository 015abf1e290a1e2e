import { joinNode, openSession } from '../wire/node.ts';
import type { Content } from '../wire/node-proto.ts';
import { given, report, sleep } from './given.ts';

/** Heartbeats whose figures are the largest a protocol buffer can hold; for each extreme a node that keeps at it. */
const { secret } = given<{ secret: string }>();
const LASTS_MS = 8_000;
const EXTREMES: readonly Content[] = [
  { free_slots: 4_294_967_295 },
  { running: 4_294_967_295, rss_bytes: 18_446_744_073_709_551_615n },
  { problems: ['\0'.repeat(1_000), '\u{1F4A5}'.repeat(5_000)], free_slots: 2_147_483_648 },
  { at: { seconds: 9_223_372_036_854_775_807n, nanos: 2_147_483_647 } },
  { at: { seconds: -9_223_372_036_854_775_808n, nanos: -2_147_483_648n } },
];

async function keepAtIt(extreme: Content): Promise<number> {
  const node = await joinNode(secret);
  let sent = 0;
  for (const until = performance.now() + LASTS_MS; performance.now() < until; ) {
    const session = await openSession(node);
    await session.next('welcome');
    while (performance.now() < until && !session.isOver) {
      if (session.send('heartbeat', { healthy: true, ...extreme })) sent += 1;
      await sleep(200);
    }
    session.close();
    await sleep(200);
  }
  return sent;
}

const sent = await Promise.all(EXTREMES.map(keepAtIt));
(await openSession(await joinNode(secret), { free_slots: 4_294_967_295 })).close();
report({ sent });

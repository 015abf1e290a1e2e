/**
 * For how long does one caller's request keep everybody else waiting?
 *
 * Every operation there is gets texts of 80 KB and of a megabyte in each place where it takes a text, also such as
 * quadratic patterns cannot bear (`test/hostile/attackers/huge-texts.ts`), while the controller measures for how long
 * its event loop does nothing else. Beside it: the same, with nobody calling. Budget: 100 ms.
 *
 *   node bench/event-loop-lag.ts [--save]
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { attack } from '../test/hostile/support/attacker-process.ts';
import { Installation } from '../test/support/installation.ts';
import { publish } from './support/report.ts';

const RUNS = 3;
const QUIET_MS = 5_000;
const LOOK_EVERY_MS = 500;

const site = await Installation.start();
try {
  const lags = { quiet: [] as number[], attacked: [] as number[] };
  for (let run = 0; run < RUNS; run++) {
    lags.quiet.push(await longestDuring(delay(QUIET_MS)));
    lags.attacked.push(await longestDuring(attackWithHugeTexts()));
  }
  await publish({
    name: 'event-loop-lag',
    question: 'For how long does one caller’s request keep everybody else waiting?',
    figures: [
      {
        what: 'longest time the event loop did nothing else, under texts of a megabyte',
        unit: 'ms',
        values: lags.attacked,
        atMost: 100,
        yardstick: { what: 'with nobody calling', values: lags.quiet },
      },
    ],
    notes: ['The attacker runs at the lowest priority and shares the cores with the controller and its database.'],
  });
} finally {
  await site.close();
}

function attackWithHugeTexts(): Promise<unknown> {
  const { api, tls, apiKey, edgeToken, arbKey, masterKey } = site.ready;
  const portOf = (url: string) => Number(new URL(url).port);
  const keys = { api: apiKey, edge: edgeToken, arb: arbKey, native: masterKey };
  return attack('huge-texts', { api: portOf(api), tls: portOf(tls), nodes: site.nodePort, keys });
}

/** The controller's own measure starts anew each time it is read. */
async function longestDuring(work: Promise<unknown>): Promise<number> {
  await lagMs();
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  let longest = 0;
  while (!isOver) {
    await Promise.race([over, delay(LOOK_EVERY_MS)]);
    longest = Math.max(longest, await lagMs());
  }
  await over;
  return longest;
}

async function lagMs(): Promise<number> {
  const key = readFileSync(join(site.dataDir, 'metrics.key'), 'utf8').trim();
  const response = await fetch(`${site.ready.api}/metrics`, { headers: { authorization: `Bearer ${key}` } });
  const [, seconds] = /^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(await response.text()) ?? [];
  if (seconds === undefined) throw new Error('the controller does not say how long its event loop lags');
  return Number(seconds) * 1_000;
}

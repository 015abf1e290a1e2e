/**
 * `npm run fuzz -- 1h [SEED]`: mutated input on every listener for as long as told (`90s`, `10m`, `1h`), against a controller
 * of its own. Ends with 1 when a fault was found, or the controller did not stay ready, or its memory grew. What it says
 * at the end is what is kept in `test/hostile/results`.
 */
import { cpus } from 'node:os';
import { freePorts, Installation } from '#test/support/installation.ts';
import { FUZZ_SEED } from './fuzz-seed.ts';
import type { FuzzReport } from './fuzzers/fuzzer.ts';
import { attack } from './support/attacker-process.ts';
import { ControllerMemory } from './support/controller-memory.ts';

/** One process of the fuzzer lasts so long; the next one goes on with another seed. */
const ROUND_MS = 30_000;
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

const [duration = '10s', seedText] = process.argv.slice(2);
const [, count, unit = 's'] = /^(\d+)([smh])$/.exec(duration) ?? [];
if (count === undefined) throw new Error(`${duration} is no duration such as 90s, 10m or 1h`);
const forMs = Number(count) * (UNITS[unit] ?? 1_000);
const firstSeed = seedText === undefined ? FUZZ_SEED : Number(seedText);

const [dns, inspector] = (await freePorts(2)) as [number, number];
const site = await Installation.start({
  env: {
    GARRISON_DNS_PORT: String(dns),
    DEFAULT_CLUSTER_NAME: 'harbour',
    GARRISON_LOG_LEVEL: 'error',
    ...ControllerMemory.environment(inspector),
  },
});
const totals: Record<string, FuzzReport> = {};
/** After a collection at the end of each round: resident, and what objects of JavaScript have of it. */
const megabytes: number[] = [];
const megabytesInUse: number[] = [];
const memory = new ControllerMemory(site.ready.pid, inspector);
try {
  await memory.open();
  const { body } = await site.admin<{ data: { key: string } }>('POST', '/api/v1/clusters/harbour/enrollment_keys', {
    uses_remaining: 100_000,
  });
  const { api, tls, apiKey, edgeToken, arbKey, masterKey } = site.ready;
  const about = {
    api: Number(new URL(api).port),
    tls: Number(new URL(tls).port),
    nodes: site.nodePort,
    dns,
    secret: body.data.key,
    keys: { api: apiKey, edge: edgeToken, arb: arbKey, native: masterKey },
  };
  const until = performance.now() + forMs;
  for (let round = 0; performance.now() < until; round += 1) {
    const roundMs = Math.min(ROUND_MS, until - performance.now());
    const given = { ...about, seed: firstSeed + round * 10, forMs: roundMs };
    addUp(await attack<Record<string, FuzzReport>>('fuzz', given, { niceness: 0 }));
    const ready = await fetch(`${api}/health/ready`);
    if (ready.status !== 200)
      throw new Error(`seed ${given.seed}: the controller is not ready any more: ${await ready.text()}`);
    const { resident, inUse } = await memory.look();
    megabytes.push(Math.round(resident / (1 << 20)));
    megabytesInUse.push(Math.round(inUse / (1 << 20)));
  }
} finally {
  memory.close();
  await site.close();
}
const faults = Object.values(totals).reduce((sum, one) => sum + one.faults.length, 0);
const rounds = megabytes.length;
const grew = growsOn(megabytes) || growsOn(megabytesInUse);
const memories = { megabytes, megabytesInUse, grew };
const result = { duration, seed: firstSeed, rounds, cores: cpus().length, ...memories, faults, totals };
console.log(JSON.stringify(result, undefined, 2));
process.exitCode = faults === 0 && !grew ? 0 : 1;

/** In the second half it is more than a tenth above where it was in the middle: what a program needs it has by then. */
function growsOn(values: readonly number[]): boolean {
  const middle = values[Math.floor(values.length / 2)] ?? 0;
  return values.length >= 10 && Math.min(...values.slice(-3)) > middle * 1.1;
}

function addUp(reports: Readonly<Record<string, FuzzReport>>): void {
  for (const [listener, { sent, answers, faults }] of Object.entries(reports)) {
    const total = totals[listener] ?? { sent: 0, answers: {}, faults: [] };
    const summed = { ...total.answers };
    for (const [answer, times] of Object.entries(answers)) summed[answer] = (summed[answer] ?? 0) + times;
    totals[listener] = { sent: total.sent + sent, answers: summed, faults: [...total.faults, ...faults].slice(0, 20) };
  }
}

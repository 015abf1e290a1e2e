import { expect, test } from 'vitest';
import { freePorts } from '#test/support/installation.ts';
import { FUZZ_SEED } from './fuzz-seed.ts';
import type { FuzzReport } from './fuzzers/fuzzer.ts';
import { battlefield } from './support/battlefield-hooks.ts';

const SECONDS = 10;
const [dns] = (await freePorts(1)) as [number];
const field = battlefield({ env: { GARRISON_DNS_PORT: String(dns), DEFAULT_CLUSTER_NAME: 'harbour' } });

test(`ten seconds of mutated input on every listener, seed ${FUZZ_SEED}, find no fault`, async () => {
  const given = { dns, seed: FUZZ_SEED, forMs: SECONDS * 1_000, secret: await field().joinKey(), keys: field().keys };
  const reports = await field().attackedBy<Record<string, FuzzReport>>('fuzz', given);
  for (const [listener, { sent, faults }] of Object.entries(reports)) {
    expect(sent, listener).toBeGreaterThan(20);
    expect(faults, listener).toEqual([]);
  }
});

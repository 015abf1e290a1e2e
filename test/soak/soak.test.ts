import { expect, test } from 'vitest';
import { runSoak } from './run-soak.ts';

const MINUTE = 60_000;
const SEED = 20_261_127;

test(
  `three minutes of faults, seed ${SEED}: nothing is lost, nothing is done twice, everybody is back`,
  async () => {
    const report = await runSoak({ nodes: 100, forMs: 3 * MINUTE, roundMs: 35_000, seed: SEED, say: () => undefined });
    expect(report.broken).toEqual([]);
    expect(report.executions).toBeGreaterThan(500);
    const [first = 0] = report.descriptors;
    expect(Math.max(...report.descriptors)).toBeLessThan(first + 60);
  },
  6 * MINUTE,
);

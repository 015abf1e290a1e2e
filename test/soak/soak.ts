/**
 * `npm run soak -- 1h [SEED]`: 500 nodes at work, a fault every minute, for as long as told (`3m`, `1h`). Ends with 1 when
 * something did not hold. What it prints at the end is what is kept in `test/soak/results`.
 */
import { durationOf } from './duration.ts';
import { runSoak } from './run-soak.ts';

const [duration = '3m', seed = '1'] = process.argv.slice(2);

const report = await runSoak({
  nodes: 500,
  forMs: durationOf(duration),
  roundMs: 60_000,
  seed: Number(seed),
  say: (line) => console.error(line),
});
console.log(JSON.stringify({ duration, seed: Number(seed), ...report }, null, 2));
process.exit(report.broken.length === 0 ? 0 : 1);

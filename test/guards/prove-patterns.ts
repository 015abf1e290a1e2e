/**
 * Proves with recheck that every regular expression of the product takes linear time, and writes what it has proved to
 * `proven-patterns.json`. Takes a minute or two; run it after a pattern was added or changed.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkSync } from 'recheck'; // finds what takes quadratic time too, which star height alone does not tell
import { allPatterns, keyOf } from './patterns.ts';

process.env.RECHECK_BACKEND = 'pure'; // plain JavaScript: neither a JVM nor a binary

const patterns = new Map(allPatterns().map((pattern) => [keyOf(pattern), pattern]));
const proven: string[] = [];
for (const [key, { source, flags, where }] of patterns) {
  const verdict = checkSync(source, flags, { timeout: 60_000 });
  if (verdict.status === 'safe') proven.push(key);
  else {
    const why = verdict.status === 'vulnerable' ? verdict.complexity.summary : 'it could not be proved';
    process.stderr.write(`${where}: ${key} is not linear: ${why}\n`);
  }
}
writeFileSync(join(import.meta.dirname, 'proven-patterns.json'), `${JSON.stringify(proven.sort(), undefined, 2)}\n`);
process.stdout.write(`${proven.length} of ${patterns.size} patterns take linear time\n`);
process.exitCode = proven.length === patterns.size ? 0 : 1;

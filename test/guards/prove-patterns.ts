/**
 * Proves that every regular expression of the product takes linear time, and writes what it has proved to
 * `proven-patterns.json`, so that the guard need not do it again. Takes a minute or two.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allPatterns, keyOf, problemOf } from './patterns.ts';

process.env.RECHECK_BACKEND = 'pure';

const patterns = new Map(allPatterns().map((pattern) => [keyOf(pattern), pattern]));
const proven: string[] = [];
for (const [key, pattern] of patterns) {
  const problem = problemOf(pattern);
  if (problem === undefined) proven.push(key);
  else process.stderr.write(`${problem}\n`);
}
writeFileSync(join(import.meta.dirname, 'proven-patterns.json'), `${JSON.stringify(proven.sort(), undefined, 2)}\n`);
process.stdout.write(`${proven.length} of ${patterns.size} patterns take linear time\n`);
process.exitCode = proven.length === patterns.size ? 0 : 1;

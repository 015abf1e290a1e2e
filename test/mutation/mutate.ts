/**
 * Mutation testing: each small change of the files of `stryker.config.json` has to make a test red.
 *
 *   npm run mutation             runs it, and ends with 1 when a file scores lower than `score.json` says
 *   npm run mutation -- --write  writes `score.json` anew
 *
 * The tools have a lock file of their own here and are installed at the first run: nothing else needs them.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const HERE = import.meta.dirname;
const ROOT = join(HERE, '../..');
const STRYKER = join(HERE, 'node_modules/@stryker-mutator/core/bin/stryker.js');
const SCORE = join(HERE, 'score.json');

interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
}

if (!existsSync(STRYKER))
  execFileSync('npm', ['ci', '--prefix', HERE, '--legacy-peer-deps', '--ignore-scripts'], { stdio: 'inherit' });
execFileSync(process.execPath, [STRYKER, 'run', join(HERE, 'stryker.config.json')], { cwd: ROOT, stdio: 'inherit' });

const report: Report = JSON.parse(readFileSync(join(ROOT, 'coverage/mutation.json'), 'utf8'));
const now = Object.fromEntries(Object.entries(report.files).map(([file, { mutants }]) => [file, scoreOf(mutants)]));
if (process.argv.includes('--write')) writeFileSync(SCORE, `${JSON.stringify(now, null, 2)}\n`);
const before: Readonly<Record<string, number>> = JSON.parse(readFileSync(SCORE, 'utf8'));
const lower = Object.entries(before).filter(([file, score]) => (now[file] ?? 0) < score);
for (const [file, score] of lower) process.stderr.write(`${file}: ${now[file]} %, and it was ${score} %\n`);
process.exitCode = lower.length === 0 ? 0 : 1;

/** Mutants that a test notices, in percent. */
function scoreOf(mutants: readonly { readonly status: string }[]): number {
  const counted = mutants.filter(({ status }) => status !== 'Ignored' && status !== 'CompileError');
  const noticed = counted.filter(({ status }) => status === 'Killed' || status === 'Timeout').length;
  return Math.floor((1_000 * noticed) / counted.length) / 10;
}

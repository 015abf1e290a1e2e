// `npm run bench`: lists the benchmarks. `npm run bench -- NAME [--save]`: runs one; `all` runs every one.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const directory = fileURLToPath(new URL('.', import.meta.url));
const names = readdirSync(directory)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => file.slice(0, -3));
const [wanted, ...options] = process.argv.slice(2);

if (wanted === undefined) {
  console.log(
    'Each is one question, answered as a ratio to a yardstick in the same run. --save writes bench/results.\n',
  );
  for (const name of names) console.log(`  npm run bench -- ${name.padEnd(22)} ${question(name)}`);
} else if (wanted === 'all' || names.includes(wanted)) {
  for (const name of wanted === 'all' ? names : [wanted]) {
    const { status } = spawnSync(process.execPath, [`${directory}${name}.ts`, ...options], { stdio: 'inherit' });
    if (status !== 0) process.exitCode = status ?? 1;
  }
} else {
  console.error(`There is no benchmark "${wanted}". There are: ${names.join(', ')}.`);
  process.exitCode = 2;
}

/** The first sentence of the file. */
function question(name: string): string {
  return /\/\*\*\s*\n \* (.+)/.exec(readFileSync(`${directory}${name}.ts`, 'utf8'))?.[1] ?? '';
}

// `npm run bench`: lists the benchmarks. `npm run bench -- NAME [--save]`: runs one; `all` runs every one.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'node:path';
import { fileURLToPath } from 'node:url';

const directory = fileURLToPath(new URL('.', import.meta.url));
const programs = new Map(
  readdirSync(directory)
    .filter((file) => /\.(ts|sh)$/.test(file) && file !== 'main.ts')
    .map((file) => [parse(file).name, `${directory}${file}`]),
);
const [wanted, ...options] = process.argv.slice(2);

if (wanted === undefined) {
  console.log(
    'Each is one question, answered as a ratio to a yardstick in the same run. --save writes bench/results.\n',
  );
  for (const [name, file] of programs) console.log(`  npm run bench -- ${name.padEnd(22)} ${question(file)}`);
} else if (wanted === 'all' || programs.has(wanted)) {
  for (const [name, file] of programs) {
    if (wanted !== 'all' && wanted !== name) continue;
    const program = file.endsWith('.sh') ? 'bash' : process.execPath;
    const { status } = spawnSync(program, [file, ...options], { stdio: 'inherit' });
    if (status !== 0) process.exitCode = status ?? 1;
  }
} else {
  console.error(`There is no benchmark "${wanted}". There are: ${[...programs.keys()].join(', ')}.`);
  process.exitCode = 2;
}

/** The first sentence of the file. */
function question(file: string): string {
  return /^(?:\/\*\*\s*\n \*|#) (.+)/m.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
}

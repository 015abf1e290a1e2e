/** Compares what `npm run build:web` made with what a browser should have to load: KB of gzip, as a server sends them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const DIST = join(import.meta.dirname, 'dist');
const FIRST_LOAD_KB = 140;
const FIRST_LOAD_REQUESTS = 8;
const CHUNK_KB = 40;
/** Chunks that are large for a reason. */
const LARGE_CHUNKS_KB: Readonly<Record<string, number>> = { 'base-ui': 60, chart: 25, xterm: 115 };

const sizeOf = (file: string) => gzipSync(readFileSync(join(DIST, file))).length / 1024;

/** What a page names: scripts, styles and what is fetched ahead. */
function filesOf(page: string): readonly string[] {
  const html = readFileSync(join(DIST, page), 'utf8');
  return [...html.matchAll(/(?:src|href)="\/console\/(assets\/[^"]+\.(?:js|css))"/g)].map(([, file = '']) => file);
}

const problems: string[] = [];
function hold(what: string, size: number, budget: number, unit = 'KB'): void {
  console.log(`${what.padEnd(40)} ${size.toFixed(1).padStart(7)} of ${budget} ${unit}`);
  if (size > budget) problems.push(`${what} has ${size.toFixed(1)} ${unit}, and may have ${budget}`);
}

const pages = readdirSync(DIST).filter((file) => file.endsWith('.html'));
for (const page of pages) {
  const files = filesOf(page);
  const size = files.reduce((sum, file) => sum + sizeOf(file), 0);
  hold(`first load of ${page}`, size, FIRST_LOAD_KB);
  hold(`requests of ${page}`, files.length + 2, FIRST_LOAD_REQUESTS, 'requests'); // with the page and its icon
}

const loadedFirst = new Set(pages.flatMap(filesOf));
const chunks = readdirSync(join(DIST, 'assets')).filter(
  (file) => file.endsWith('.js') && !loadedFirst.has(`assets/${file}`),
);
const sized = chunks.map((file) => ({ name: file.replace(/-[^-]{8}\.js$/, ''), size: sizeOf(`assets/${file}`) }));
for (const { name, size } of sized) {
  const budget = LARGE_CHUNKS_KB[name] ?? CHUNK_KB;
  if (size > budget) hold(name, size, budget);
}
const [largest] = sized.toSorted((one, other) => other.size - one.size);
console.log(`${chunks.length} chunks beside that; the largest is ${largest?.name} with ${largest?.size.toFixed(1)} KB`);

if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
}

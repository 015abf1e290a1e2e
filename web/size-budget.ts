/** Compares what `npm run build:web` made with what a browser should have to load: KB of gzip, as a server sends them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const DIST = join(import.meta.dirname, 'dist');

interface Chunk {
  readonly file: string;
  readonly css?: readonly string[];
  readonly imports?: readonly string[];
  readonly isEntry?: boolean;
  readonly name?: string;
}

const FIRST_LOAD_KB = 140;
const CHUNK_KB = 40;
/** Chunks that are large for a reason, by the name that Vite gives them. */
const LARGE_CHUNKS_KB: Readonly<Record<string, number>> = { 'base-ui': 60, terminal: 115, chart: 25 };

const manifest: Readonly<Record<string, Chunk>> = JSON.parse(readFileSync(join(DIST, '.vite/manifest.json'), 'utf8'));

function sizeOf(file: string): number {
  const path = join(DIST, file);
  return existsSync(path) ? gzipSync(readFileSync(path)).length / 1024 : 0;
}

/** The chunk with what it cannot do without. */
function closure(key: string, found = new Set<string>()): Set<string> {
  const chunk = manifest[key];
  if (chunk === undefined || found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const css of chunk.css ?? []) found.add(css);
  for (const each of chunk.imports ?? []) closure(each, found);
  return found;
}

const total = (files: Iterable<string>) => [...files].reduce((sum, file) => sum + sizeOf(file), 0);

const problems: string[] = [];
function hold(what: string, kb: number, budgetKb: number): void {
  console.log(`${what.padEnd(44)} ${kb.toFixed(1).padStart(7)} of ${budgetKb} KB`);
  if (kb > budgetKb) problems.push(`${what} has ${kb.toFixed(1)} KB gzip, and may have ${budgetKb}`);
}

const entries = Object.keys(manifest).filter((key) => manifest[key]?.isEntry === true);
const loadedFirst = new Set(closure('index.html'));
for (const key of entries)
  hold(
    `first load of ${key}`,
    total(closure(key)),
    key === 'terminal.html' ? (LARGE_CHUNKS_KB.terminal ?? 0) : FIRST_LOAD_KB,
  );

const onlyOfEntries = new Set(entries.flatMap((key) => [...closure(key)]));
for (const [key, { file, name = key, css = [] }] of Object.entries(manifest)) {
  if (onlyOfEntries.has(file) || loadedFirst.has(file) || file.endsWith('.css')) continue;
  hold(name, total([file, ...css]), LARGE_CHUNKS_KB[name] ?? CHUNK_KB);
}

if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
}

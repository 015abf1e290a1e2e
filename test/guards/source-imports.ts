import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');
const SRC = join(ROOT, 'src');

export interface Import {
  /** Both below src, with slashes: `core/kernel/ids.ts`. The target is `test/…` when it leaves src. */
  readonly from: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
}

/** Every TypeScript source that ships: tests beside the code, and the samples they read, are no part of it. */
export function sourceFiles(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/\.(test|isolation)\.tsx?$/.test(file))
    .sort();
}

/** What a file imports from this repository; packages are left out. */
export function importsOf(file: string): Import[] {
  return readImports(readFileSync(join(SRC, file), 'utf8')).flatMap(({ specifier, isTypeOnly }) => {
    const to = targetOf(file, specifier);
    return to === undefined ? [] : [{ from: file, to, isTypeOnly }];
  });
}

/** Packages whose code a file loads: those of types alone are left out. */
export function packagesOf(file: string): string[] {
  const imports = readImports(readFileSync(join(SRC, file), 'utf8'));
  return imports.flatMap(({ specifier, isTypeOnly }) => (isTypeOnly || /^[.#]/.test(specifier) ? [] : [specifier]));
}

/** What a file imports when it comes to it, as it is written. */
export function dynamicImports(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  return [...text.matchAll(STATEMENT)].flatMap(({ groups = {} }) => groups.dynamic ?? []);
}

/** The first group of each match of `pattern` in the sources that ship, and where it is. */
export function declarationsOf(pattern: RegExp): { name: string; file: string }[] {
  return sourceFiles().flatMap((file) =>
    [...readFileSync(join(SRC, file), 'utf8').matchAll(pattern)].map(([, name = '']) => ({ name, file })),
  );
}

export function readImports(text: string): { specifier: string; isTypeOnly: boolean }[] {
  return [...text.matchAll(STATEMENT)].map(({ groups = {} }) => ({
    specifier: groups.specifier ?? groups.dynamic ?? '',
    isTypeOnly: isTypeOnly(groups.clause ?? ''),
  }));
}

/** `import … from '…'`, `export … from '…'`, `import '…'`, `import('…')`. */
const STATEMENT =
  /^(?:import|export)\s+(?<clause>[^;'"]*?\sfrom\s+)?['"](?<specifier>[^'"]+)['"]|\bimport\(\s*['"](?<dynamic>[^'"]+)['"]/gm;

/** `type { … }`, or braces in which every name is a type. */
function isTypeOnly(clause: string): boolean {
  if (/^type\s/.test(clause)) return true;
  const names =
    /^\{(?<names>[^}]*)\}/s
      .exec(clause)
      ?.groups?.names?.split(',')
      .map((name) => name.trim()) ?? [];
  return names.length > 0 && names.every((name) => name === '' || /^type\s/.test(name));
}

function targetOf(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('#test/')) return specifier.slice(1);
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (!specifier.startsWith('.')) return undefined;
  return relative(SRC, resolve(join(SRC, dirname(file)), specifier));
}

/** `core`, `surfaces/http`, `adapters/postgres`: what the table speaks of. */
export function layerOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  return first === 'surfaces' || first === 'adapters' ? `${first}/${second}` : first;
}

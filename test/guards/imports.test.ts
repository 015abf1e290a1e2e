import { expect, test } from 'vitest';
import { EDGES, type Edge } from './import-table.ts';
import {
  dynamicImports,
  type Import,
  importsOf,
  layerOf,
  packagesOf,
  readImports,
  sourceFiles,
} from './source-imports.ts';

const imports = sourceFiles().flatMap(importsOf);

function isAllowed(one: Import): boolean {
  const [from, to] = [layerOf(one.from), layerOf(one.to)];
  return from === to || EDGES.some((edge) => covers(edge, one, from, to));
}

function covers(
  { from: fromPattern, to: toPattern, isTypesOnly, only, within }: Edge,
  one: Import,
  from: string,
  to: string,
) {
  if (!matches(fromPattern, from) || !matches(toPattern, to)) return false;
  if (only !== undefined && !only.some((name) => isNamed(name, one.to))) return false;
  if (within !== undefined && !within.some((folder) => one.from.startsWith(`${folder}/`))) return false;
  return !isTypesOnly || one.isTypeOnly;
}

function isNamed(name: string, file: string): boolean {
  return name.endsWith('/') ? file.startsWith(name) : file === name;
}

function matches(pattern: string, layer: string): boolean {
  return pattern.endsWith('/*') ? layer.startsWith(pattern.slice(0, -1)) : pattern === layer;
}

test('there are imports to look at', () => {
  expect(imports.length).toBeGreaterThan(100);
});

test('every import is on an edge of the table', () => {
  const forbidden = imports
    .filter((one) => !isAllowed(one))
    .map(({ from, to, isTypeOnly }) => `${from} → ${to}${isTypeOnly ? ' (type)' : ''}`);
  expect(forbidden).toEqual([]);
});

test('every edge says why it is there', () => {
  for (const edge of EDGES) expect(edge.why, `${edge.from} → ${edge.to}`).toMatch(/\w{3}/);
});

test('a package is imported dynamically only through a module of ours', () => {
  // a bundler gives a dynamic import of a package in CommonJS its default export alone: the release would break
  const bare = sourceFiles().flatMap((file) => dynamicImports(file).filter((to) => !/^[.#]/.test(to)));
  expect(bare).toEqual([]);
});

test('what only calls the API loads no schema', () => {
  const callers = sourceFiles().filter((file) => /^(client|cli)\//.test(file));
  const loaded = callers.filter((file) => packagesOf(file).some((name) => name === 'typebox'));
  expect(loaded).toEqual([]);
});

test('nothing that ships imports a test', () => {
  expect(imports.filter(({ to }) => to.startsWith('test/') || to.endsWith('.test.ts'))).toEqual([]);
});

test.each([
  ["import { a } from '#core/a.ts';", '#core/a.ts', false],
  ["import type { A } from '#core/a.ts';", '#core/a.ts', true],
  ["import { type A, type B } from '#core/a.ts';", '#core/a.ts', true],
  ["import { type A, b } from '#core/a.ts';", '#core/a.ts', false],
  ["import {\n  a,\n  b,\n} from './a.ts';", './a.ts', false],
  ["import './a.ts';", './a.ts', false],
  ["export * from './a.ts';", './a.ts', false],
  ["export type { A } from './a.ts';", './a.ts', true],
  ["  const { a } = await import('./a.ts');", './a.ts', false],
])('the reader of imports reads %s', (text, specifier, isTypeOnly) => {
  expect(readImports(text)).toEqual([{ specifier, isTypeOnly }]);
});

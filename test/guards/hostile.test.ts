import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from './source-imports.ts';

const HOSTILE = join(ROOT, 'test', 'hostile');
const filesOf = (...folder: string[]) =>
  readdirSync(join(HOSTILE, ...folder)).filter((file) => file.endsWith('.ts') && file !== 'given.ts');
const sourceOf = (...path: string[]) => readFileSync(join(HOSTILE, ...path), 'utf8');

describe.each(['wire', 'attackers', 'fuzzers'])('test/hostile/%s', (folder) => {
  test.each(filesOf(folder))('%s knows nothing of the product: no import from outside but those of Node', (file) => {
    const imports = [...sourceOf(folder, file).matchAll(/from '([^']+)'/g)].map(([, from = '']) => from);
    expect(imports.filter((from) => !/^(node:|\.\/|\.\.\/(wire|fuzzers)\/)/.test(from))).toEqual([]);
  });
});

test('every attacker has a scenario that lets it loose', () => {
  const scenarios = filesOf().map((file) => sourceOf(file));
  const names = filesOf('attackers').map((file) => file.replace(/\.ts$/, ''));
  expect(names.filter((name) => !scenarios.some((scenario) => scenario.includes(`'${name}'`)))).toEqual([]);
});

import { expect, test } from 'vitest';
import { KeyTable } from './key-table.ts';

function setup() {
  const table = new KeyTable();
  const done: string[] = [];
  const add = (keys: string, what: string) => table.add({ keys, what, run: () => done.push(what) });
  return { table, done, add };
}

test('two keys in a row mean one thing, while the second comes soon', () => {
  const { table, done, add } = setup();
  add('g n', 'nodes');
  add('n', 'next');
  expect(table.press('g', 0)).toBe(true);
  table.press('n', 500);
  table.press('g', 1_000);
  table.press('n', 9_000);
  expect(done).toEqual(['nodes', 'next']);
});

test('the screen that came last has the key, and gives it back', () => {
  const { table, done, add } = setup();
  add('n', 'list');
  const remove = add('n', 'dialog');
  table.press('n', 0);
  remove();
  table.press('n', 1);
  expect(done).toEqual(['dialog', 'list']);
  expect(table.press('z', 2)).toBe(false);
});

import { expect, test } from 'vitest';
import { readJsonBody } from './read-json-body.ts';

const names = (count: number) => Array.from({ length: count }, (_, index) => `name-${index}`);

test('a body of tens of thousands of parts is refused before it is parsed; one of ten thousand is read', () => {
  expect(readJsonBody(JSON.stringify({ names: names(10_000) }))).toEqual({ names: names(10_000) });
  expect(() => readJsonBody(JSON.stringify({ names: names(30_000) }))).toThrow('more than 25000 parts');
  expect(() => readJsonBody(`[${'1,'.repeat(40_000)}1]`)).toThrow('more than 25000 parts');
});

test('commas, quotes and backslashes in a text are no parts', () => {
  for (const piece of [',', '",', '\\",', '\\\\', 'a,"b\\"']) {
    const script = piece.repeat(50_000);
    expect(readJsonBody(JSON.stringify({ script }))).toEqual({ script });
  }
});

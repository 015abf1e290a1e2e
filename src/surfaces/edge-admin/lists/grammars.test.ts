import { expect, test } from 'vitest';
import * as grammars from './grammars.ts';

const all = Object.entries(grammars);

test.each(all)('%s: every field has a name of its own, spelled as the contract spells names', (_, { parameters }) => {
  const names = new Map([...parameters.values()].map(({ field, name }) => [field, name]));
  expect(new Set(names.values()).size).toBe(names.size);
  for (const name of names.values()) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
});

test.each(all)('%s: ordered by core’s words, choices come in the order of the contract’s', (_, { parameters }) => {
  for (const { about, words } of parameters.values()) {
    if (about.kind !== 'choice') continue;
    const byCore = [...words].toSorted(([, left], [, right]) => (left < right ? -1 : 1)).map(([word]) => word);
    expect(byCore).toEqual([...words.keys()].toSorted());
    expect([...words.values()].toSorted()).toEqual([...about.values].toSorted());
  }
});

import { expect, test } from 'vitest';
import { parseTarget } from '#surfaces/edge-fleet/shorthand/parse-target.ts';
import { ALL, countOf, isSelected, NONE, targetText, toggle } from './node-selection.ts';

test('some nodes are chosen one by one, as a target of ids', () => {
  const selection = toggle(toggle(toggle(NONE, 'n-1'), 'n-2'), 'n-1');
  expect(isSelected(selection, 'n-1')).toBe(false);
  expect(countOf(selection, 100)).toBe(1);
  expect(targetText(selection, 'tags=web')).toBe('@n-2');
});

test('everyone is the target itself, and some can be left out', () => {
  const selection = toggle(toggle(ALL, 'n-1'), 'n-2');
  expect(isSelected(selection, 'n-1')).toBe(false);
  expect(isSelected(selection, 'n-3')).toBe(true);
  expect(countOf(selection, 10_000)).toBe(9_998);
  expect(targetText(selection, 'tags=web,db')).toBe('tags=web,db !@n-1 !@n-2');
  expect(parseTarget(targetText(selection, 'tags=web,db')).map(({ join }) => join)).toEqual([
    'add',
    'remove',
    'remove',
  ]);
  expect(targetText(ALL, '')).toBe('all');
});

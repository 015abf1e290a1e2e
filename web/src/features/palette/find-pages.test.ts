import { expect, test } from 'vitest';
import { findPages, pageOfId } from './find-pages.ts';

test('an id leads to what it is the id of', () => {
  expect(pageOfId(' f-0190a5c0-0000-7000-8000-000000000000 ')).toBe('/runs/f-0190a5c0-0000-7000-8000-000000000000');
  expect(pageOfId('n-0190a5c0-0000-7000-8000-000000000000')).toBe('/nodes/n-0190a5c0-0000-7000-8000-000000000000');
  expect(pageOfId('dsp_a1b2')).toBe('/dispatches/dsp_a1b2');
  expect(pageOfId('web-1')).toBeUndefined();
});

test('pages are found by name, those that begin with it first', () => {
  const found = findPages('ru', ({ nav }) => ({ runs: 'Runs', run: 'New run' })[nav as string] ?? nav);
  expect(found.map(({ label }) => label)).toEqual(['Runs', 'New run']);
});

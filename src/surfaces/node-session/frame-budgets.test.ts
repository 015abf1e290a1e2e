import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import { beyondBudget, FRAME_BUDGETS, FrameBudgets } from './frame-budgets.ts';

test('the README shows the budget of every kind of frame', () => {
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
  const rows = [...readme.matchAll(/^\| `(\w+)` +\| (\d+) +\| (\d+) +\| (cut|wait) +\|$/gm)];
  expect(
    Object.fromEntries(
      rows.map(([, kind, atOnce, perSecond, beyond]) => [
        kind,
        { atOnce: Number(atOnce), perSecond: Number(perSecond), beyond },
      ]),
    ),
  ).toEqual(FRAME_BUDGETS);
});

test('a node has one budget over all its sessions, for each kind its own', () => {
  const budgets = new FrameBudgets();
  const nodeId = newId<never>();
  for (let sent = 0; sent < FRAME_BUDGETS.factsChanged.atOnce; sent++)
    expect(budgets.of(nodeId).spend('factsChanged')).toBe(0);
  expect(budgets.of(nodeId).spend('factsChanged')).toBe('over');
  expect(budgets.of(nodeId).spend('heartbeat')).toBe(0);
  expect(budgets.of(newId()).spend('factsChanged')).toBe(0);
});

test('output beyond its budget waits for as long as it is early', () => {
  const budget = new FrameBudgets().of(newId());
  const waits = Array.from({ length: 2 * FRAME_BUDGETS.output.atOnce }, () => budget.spend('output'));
  expect(waits[0]).toBe(0);
  expect(waits.at(-1)).toBeGreaterThan(900);
  expect(waits).not.toContain('over');
});

test('the reason names the kind and what is allowed', () => {
  expect(beyondBudget('heartbeat')).toBe(
    'more Heartbeat frames than a node may send: 60 at once, 5 a second in the long run',
  );
});

import { expect, test } from 'vitest';
import { nameOf } from '#surfaces/mcp/own-api.ts';
import { placementOf } from '#surfaces/mcp/placement.ts';
import { nodeTools } from '#surfaces/mcp/tools/nodes.ts';
import { DISPATCH, EDGE_ADMIN, LEFT_OUT } from '#surfaces/mcp/tools/originals.ts';
import { runTools } from '#surfaces/mcp/tools/runs.ts';
import { OPERATIONS } from './all-surfaces.ts';

const known = new Map(OPERATIONS.map((one) => [nameOf(one), one]));
const placed = OPERATIONS.map((one) => ({ name: nameOf(one), operation: one.operation, placement: placementOf(one) }));

test('every operation is reached by api_call, or is not for a reason', () => {
  for (const { name, placement } of placed)
    expect([name, placement.kind === 'api_call' ? placement.effect : placement.why]).toEqual([
      name,
      expect.any(String),
    ]);
  expect(placed.filter(({ placement }) => placement.kind === 'api_call').length).toBeGreaterThan(50);
});

test('nothing that gives rights or shows a secret is reached', () => {
  const reached = placed.filter(({ placement }) => placement.kind === 'api_call');
  expect(reached.filter(({ operation }) => operation.hasSecretAnswer === true)).toEqual([]);
  expect(reached.map(({ name }) => name).filter((name) => /key|token|secret|approv|quota|session/i.test(name))).toEqual(
    [],
  );
});

test('what api_call does at once changes nothing', () => {
  const atOnce = placed.filter(({ placement }) => placement.kind === 'api_call' && placement.effect === 'read');
  expect(
    atOnce
      .filter(({ operation }) => operation.method !== 'GET')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['edge-fleet.previewFleet', 'edge-fleet.searchHosts']);
});

test('tools are made of operations there are; a tool that only looks needs nothing that changes', () => {
  const looking = [...nodeTools, ...runTools].filter(({ effect }) => effect === 'read');
  for (const { needs } of looking)
    for (const need of needs)
      expect([need, /^(get|list|read|search)/.test(need.split('.')[1] ?? '')]).toEqual([need, true]);
  for (const { needs } of [...nodeTools, ...runTools]) for (const need of needs) expect(known.has(need)).toBe(true);
});

test('the tools of the contracts are there by name, or left out for a reason', () => {
  const names = EDGE_ADMIN.map(({ name }) => name);
  expect(names.length + Object.keys(LEFT_OUT).length).toBe(54);
  expect(names.filter((name) => Object.hasOwn(LEFT_OUT, name))).toEqual([]);
  for (const { operation } of [...EDGE_ADMIN, ...DISPATCH]) expect(known.has(operation)).toBe(true);
});

import { expect, test } from 'vitest';
import type { DispatchId, NodeId, TenantId } from '../kernel/ids.ts';
import type { Dispatch } from './dispatch.ts';
import { planPlacement, type WaitingDispatch } from './plan-placement.ts';
import type { Worker } from './workers.ts';

function waiting(name: string, parts: Partial<Dispatch> = {}, workspaceNodeId: string | null = null): WaitingDispatch {
  const dispatch = {
    id: name as DispatchId,
    name,
    tenantId: 'a' as TenantId,
    agent: 'claude',
    wishes: {},
    avoidedNodes: [],
    ...parts,
  } as unknown as Dispatch; // all that the plan looks at
  return { dispatch, workspaceNodeId: workspaceNodeId as NodeId | null };
}

function worker(name: string, parts: Partial<Worker> = {}): Worker {
  return {
    nodeId: name as NodeId,
    tenantId: 'a' as TenantId,
    name,
    tags: [],
    labels: {},
    offers: [{ name: 'claude', version: '1', model: '' }],
    slots: 2,
    usedSlots: 0,
    sandbox: 'bubblewrap',
    networks: ['off'],
    sealingKey: '',
    ...parts,
  };
}

const plan = (dispatches: readonly WaitingDispatch[], workers: readonly Worker[]) =>
  planPlacement(dispatches, workers).map((one) => `${one.dispatch.name} on ${one.worker.name}`);

test('the node with the most free slots is taken, and none beyond its slots', () => {
  const dispatches = ['1', '2', '3', '4', '5'].map((name) => waiting(name));
  const workers = [worker('small', { slots: 1 }), worker('large', { slots: 3, usedSlots: 1 })];
  expect(plan(dispatches, workers)).toEqual(['1 on large', '2 on small', '3 on large']);
});

test('tenants take turns, and nobody works on the machines of another', () => {
  const [a, b] = ['a', 'b'] as [TenantId, TenantId];
  const dispatches = [waiting('a1'), waiting('a2'), waiting('b1', { tenantId: b })];
  const workers = [worker('of-a', { slots: 1 }), worker('of-b', { tenantId: b })];
  expect(plan(dispatches, workers)).toEqual(['a1 on of-a', 'b1 on of-b']);
  expect(plan([waiting('a1', { tenantId: a })], [worker('of-b', { tenantId: b })])).toEqual([]);
});

test.each([
  ['another agent', { agent: 'codex' }, null, []],
  ['a label it does not have', { wishes: { labels: { gpu: 'yes' } } }, null, []],
  ['a label it has', { wishes: { labels: { os: 'linux' } } }, null, ['x on w']],
  ['a tag it has', { wishes: { nodeTags: ['web'] } }, null, ['x on w']],
  ['a tag it does not have', { wishes: { nodeTags: ['db'] } }, null, []],
  ['a network it has', { wishes: { network: 'off' } }, null, ['x on w']],
  ['a network it does not have', { wishes: { network: 'open' } }, null, []],
  ['a workspace on another node', {}, 'v', []],
  ['a workspace of its own', {}, 'w', ['x on w']],
] as const)('%s', (_, wish, workspaceNode, placed) => {
  const only = worker('w', { labels: { os: 'linux' }, tags: ['web'] });
  expect(plan([waiting('x', wish as Partial<Dispatch>, workspaceNode)], [only])).toEqual(placed);
});

test('a node that did not start it before is taken when no other suits', () => {
  const again = waiting('x', { avoidedNodes: ['busy' as NodeId] });
  expect(plan([again], [worker('busy', { slots: 9 }), worker('idle')])).toEqual(['x on idle']);
  expect(plan([again], [worker('busy')])).toEqual(['x on busy']);
});

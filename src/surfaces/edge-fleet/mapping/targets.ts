import type { Static } from 'typebox';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { TextPattern } from '#core/kernel/text-pattern.ts';
import type { Selector, SelectorStep } from '#core/selectors/selector.ts';
import type { Resolution, SkippedTarget, Target } from '#core/selectors/target.ts';
import { selectorOfTargeting } from '#surfaces/targeting/read-targeting.ts';
import { findNodeId, readGroupId, readNodeId, writeGroupId, writeNodeId } from '../ids.ts';
import { readSelector, writeSelector } from '../selectors.ts';
import type { Preview, WireTarget, WireTargetSet, WireTargetStep } from '../wire/fleet.ts';
import { MAX_VALUES_IN_ALL } from '../wire/selectors.ts';
import { HOST_STATUS, writeMember } from './hosts.ts';

/**
 * @throws FleetError `malformed` for a target of more hosts, keys and values than an order takes, and a date that is none; `invalid`
 * for a targeting of no nodes or clusters.
 */
export function readTarget(target: WireTarget): Target {
  if ('Node' in target) return { kind: 'node', nodeId: readNodeId(target.Node) };
  if ('Group' in target) return { kind: 'group', groupId: readGroupId(target.Group) };
  if ('All' in target) return { kind: 'all' };
  return { kind: 'selector', selector: selectorOf(target) };
}

export function selectorOf(target: WireTarget): Selector {
  if ('Node' in target) return { ids: [readNodeId(target.Node)] };
  if ('Group' in target) return { group: readGroupId(target.Group) };
  if ('Selector' in target) return readSelector(target.Selector);
  if ('All' in target) return {};
  if ('Hosts' in target) return hostsSelector(target.Hosts);
  if ('Cluster' in target) return { clusters: [{ names: [readPattern(target.Cluster)] }] };
  if ('Targeting' in target) return selectorOfTargeting(target.Targeting);
  refuseBeyondBounds(target.Steps);
  return { steps: target.Steps.map(readStep) };
}

function readStep(step: WireTargetStep): SelectorStep {
  if ('Add' in step) return { join: 'add', selector: selectorOf(step.Add) };
  if ('Keep' in step) return { join: 'keep', selector: selectorOf(step.Keep) };
  return { join: 'remove', selector: selectorOf(step.Remove) };
}

function hostsSelector(hosts: readonly string[]): Selector {
  const ids = hosts.map(findNodeId);
  const names = hosts.filter((_, index) => ids[index] === undefined).map(readPattern);
  return {
    steps: [
      { join: 'add', selector: { ids: ids.filter((id) => id !== undefined) } },
      { join: 'add', selector: { names } },
    ],
  };
}

/** `*` stands for any run of characters. */
export function readPattern(text: string): TextPattern {
  return text.includes('*') ? { like: text } : { exactly: text };
}

/** Every list is bounded by its schema; this is the bound of all of them together. */
function refuseBeyondBounds(steps: readonly WireTargetStep[]): void {
  const sets = steps.flatMap((step): WireTarget[] => Object.values(step));
  const hosts = sets.flatMap((set) => ('Hosts' in set ? set.Hosts : [])).length;
  if (hosts > MAX_VALUES_IN_ALL)
    throw new FleetError('malformed', `the target names ${hosts} hosts; at most ${MAX_VALUES_IN_ALL} are read`);
}

/** The one spelling of a target: ids with their letter, label predicates as objects. */
export function normalizeTarget(target: WireTarget): WireTarget {
  if ('Steps' in target) return { Steps: target.Steps.map(normalizeStep) };
  if ('Targeting' in target) return target;
  return normalizeSet(target);
}

function normalizeSet(target: WireTargetSet): WireTargetSet {
  if ('Node' in target) return { Node: writeNodeId(readNodeId(target.Node)) };
  if ('Group' in target) return { Group: writeGroupId(readGroupId(target.Group)) };
  if ('Selector' in target) return { Selector: writeSelector(readSelector(target.Selector)) };
  return target;
}

function normalizeStep(step: WireTargetStep): WireTargetStep {
  if ('Add' in step) return { Add: normalizeSet(step.Add) };
  if ('Keep' in step) return { Keep: normalizeSet(step.Keep) };
  return { Remove: normalizeSet(step.Remove) };
}

/** A host that is named has to be there: without it there is nothing to do, and the caller is told (`EdgeUnavailable`). */
export function floorFor(target: WireTarget, asked: number | null): number | null {
  return 'Node' in target ? Math.max(asked ?? 1, 1) : asked;
}

export function writeSkipped({ nodeId, reason }: Pick<SkippedTarget, 'nodeId' | 'reason'>) {
  return { node_id: writeNodeId(nodeId), reason: HOST_STATUS[reason] };
}

export function writePreview({ targets, skipped }: Resolution): Static<typeof Preview> {
  return {
    resolved: targets.map(({ nodeId, name }) => writeMember({ id: nodeId, name, presence: 'connected' })),
    skipped: skipped.map(writeSkipped),
  };
}

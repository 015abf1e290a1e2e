import type { Static } from 'typebox';
import type { Resolution, SkippedTarget, Target } from '#core/selectors/target.ts';
import { readGroupId, readNodeId, writeGroupId, writeNodeId } from '../ids.ts';
import { readSelector, writeSelector } from '../selectors.ts';
import type { Preview, WireTarget } from '../wire/fleet.ts';
import { HOST_STATUS, writeMember } from './hosts.ts';

export function readTarget(target: WireTarget): Target {
  if ('Node' in target) return { kind: 'node', nodeId: readNodeId(target.Node) };
  if ('Group' in target) return { kind: 'group', groupId: readGroupId(target.Group) };
  if ('Selector' in target) return { kind: 'selector', selector: readSelector(target.Selector) };
  return { kind: 'all' };
}

/** The one spelling of a target: ids with their letter, label predicates as objects. */
export function normalizeTarget(target: WireTarget): WireTarget {
  if ('Node' in target) return { Node: writeNodeId(readNodeId(target.Node)) };
  if ('Group' in target) return { Group: writeGroupId(readGroupId(target.Group)) };
  if ('Selector' in target) return { Selector: writeSelector(readSelector(target.Selector)) };
  return { All: null };
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

import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import type { Target } from '#client/edge-fleet/wire.ts';
import { printTarget, printWireTarget } from '../print-target.ts';
import { lookUpNames } from './node-names.ts';

/** Targets as they are written after `--on`: with the names of nodes and groups, as far as these can be read. */
export async function lookUpTargets(
  client: EdgeFleetClient,
  targets: readonly Target[],
): Promise<(target: Target) => string> {
  const nodes = new Set(targets.flatMap((target) => ('Node' in target ? [target.Node] : [])));
  const hasGroup = targets.some((target) => 'Group' in target);
  const [names, groups] = await Promise.all([
    lookUpNames(client, [...nodes]),
    hasGroup ? client.groups().catch(() => []) : [], // a name is a courtesy
  ]);
  const groupNames = new Map(groups.map((group) => [group.id, group.name]));
  return (target) => {
    if ('Node' in target) return printTarget([{ join: 'add', set: { kind: 'node', node: names.of(target.Node) } }]);
    if (!('Group' in target)) return printWireTarget(target);
    return printTarget([{ join: 'add', set: { kind: 'group', group: groupNames.get(target.Group) ?? target.Group } }]);
  };
}

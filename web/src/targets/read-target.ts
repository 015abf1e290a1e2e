import type { Target } from '#client/edge-fleet/wire.ts';
import {
  parseTarget,
  type TargetExpression,
  type TargetSet,
  type TargetStep,
} from '#surfaces/edge-fleet/shorthand/parse-target.ts';
import { TargetSyntaxError } from '#surfaces/edge-fleet/shorthand/target-reader.ts';
import { nodeWords } from '../words/nodes.ts';

/** What `--on` takes, read here by the reader of the command line, as the controller takes it. */
export type ReadTarget =
  | { readonly kind: 'target'; readonly target: Target }
  | { readonly kind: 'problem'; readonly problem: string; readonly advice?: string | undefined; readonly at: number };

export interface NamedGroup {
  readonly id: string;
  readonly name: string;
}

type WireSteps = Extract<Target, { readonly Steps: unknown }>['Steps'];
type WireSet = Exclude<Target, { readonly Steps: unknown } | { readonly Targeting: unknown }>;

const NODE_ID = /^(n-)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Nothing said is everyone. Groups are named by people and by id on the wire. */
export function readTarget(text: string, groups: readonly NamedGroup[]): ReadTarget {
  if (text.trim() === '') return { kind: 'target', target: { All: null } };
  try {
    return { kind: 'target', target: writeTarget(parseTarget(text), groups) };
  } catch (error) {
    if (error instanceof TargetSyntaxError) {
      return { kind: 'problem', problem: firstLine(error.message), advice: error.advice, at: error.position };
    }
    if (error instanceof UnknownWord) return { kind: 'problem', problem: error.message, at: 0 };
    throw error;
  }
}

class UnknownWord extends Error {}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/^.*?: /, '');
}

function writeTarget(steps: TargetExpression, groups: readonly NamedGroup[]): Target {
  const [only, ...others] = steps;
  if (only !== undefined && others.length === 0) return writeSet(only.set, groups);
  return { Steps: steps.map((step) => writeStep(step, groups)) };
}

function writeStep({ join, set }: TargetStep, groups: readonly NamedGroup[]): WireSteps[number] {
  const written = writeSet(set, groups);
  switch (join) {
    case 'add':
      return { Add: written };
    case 'keep':
      return { Keep: written };
    case 'remove':
      return { Remove: written };
  }
}

function writeSet(set: TargetSet, groups: readonly NamedGroup[]): WireSet {
  switch (set.kind) {
    case 'all':
      return { All: null };
    case 'node':
      return NODE_ID.test(set.node) ? { Node: set.node } : { Hosts: [set.node] };
    case 'names':
      return { Hosts: set.names };
    case 'group':
      return { Group: groupId(set.group, groups) };
    case 'cluster':
      return { Cluster: set.cluster };
    case 'selector':
      return { Selector: set.selector };
    case 'file':
      throw new UnknownWord(nodeWords.targets.noFiles);
  }
}

function groupId(nameOrId: string, groups: readonly NamedGroup[]): string {
  const group = groups.find(({ id, name }) => id === nameOrId || name === nameOrId);
  if (group === undefined) throw new UnknownWord(nodeWords.targets.noGroup(nameOrId));
  return group.id;
}

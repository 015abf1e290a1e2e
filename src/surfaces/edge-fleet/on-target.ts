import { readGroups } from '#core/groups/store.ts';
import type { Context } from '#core/kernel/context.ts';
import { FleetError, notFound } from '#core/kernel/fleet-error.ts';
import { parseId } from '#core/kernel/ids.ts';
import type { Queryable } from '#core/kernel/sql.ts';
import { writeGroupId } from './ids.ts';
import { parseTarget, type TargetSet, type TargetStep } from './shorthand/parse-target.ts';
import { TargetSyntaxError } from './shorthand/target-reader.ts';
import type { WireTarget, WireTargetSet, WireTargetStep } from './wire/fleet.ts';
import type { WireSelector } from './wire/selectors.ts';

/**
 * The target for what stands behind `--on`, read as the command line reads it; files are on the machine of the caller.
 * @throws FleetError `invalid` for what cannot be read, `not_found` for a group there is not.
 */
export async function readOn(db: Queryable, ctx: Context, text: string): Promise<WireTarget> {
  const [first, ...others] = parse(text);
  if (first === undefined) throw refused('nothing is selected');
  if (others.length === 0) return readSet(db, ctx, first.set);
  const steps: WireTargetStep[] = [];
  for (const step of [first, ...others]) steps.push(await readStep(db, ctx, step));
  return { Steps: steps };
}

function parse(text: string) {
  try {
    return parseTarget(text);
  } catch (error) {
    if (error instanceof TargetSyntaxError) throw refused(`${error.message}\n${error.advice}`);
    throw error;
  }
}

async function readStep(db: Queryable, ctx: Context, { join, set }: TargetStep): Promise<WireTargetStep> {
  const read = await readSet(db, ctx, set);
  return { add: { Add: read }, keep: { Keep: read }, remove: { Remove: read } }[join];
}

async function readSet(db: Queryable, ctx: Context, set: TargetSet): Promise<WireTargetSet> {
  switch (set.kind) {
    case 'all':
      return { All: null };
    case 'node':
      return { Hosts: [set.node] };
    case 'names':
      return { Hosts: [...set.names] };
    case 'cluster':
      return { Cluster: set.cluster };
    case 'selector':
      return { Selector: structuredClone(set.selector) as WireSelector }; // a copy of what was only looked at
    case 'group':
      return { Group: await groupCalled(db, ctx, set.group) };
    case 'file':
      throw refused('a file is read by the command line only: name the hosts');
  }
}

async function groupCalled(db: Queryable, ctx: Context, name: string): Promise<string> {
  const id = name.startsWith('g-') ? name.slice(2) : name;
  const groups = await readGroups(db, ctx);
  const group = groups.find((one) => one.name === name) ?? groups.find((one) => one.id === parseId(id));
  if (group === undefined) throw notFound(`group ${name}`);
  return writeGroupId(group.id);
}

function refused(problem: string): FleetError {
  return new FleetError('invalid', problem, { details: { on: [problem] } });
}

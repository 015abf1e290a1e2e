import { readFile } from 'node:fs/promises';
import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import type { Group, Host, Target } from '#client/edge-fleet/wire.ts';
import {
  parseNames,
  type TargetExpression,
  type TargetSet,
  type TargetStep,
} from '#surfaces/edge-fleet/shorthand/parse-target.ts';
import { CliError, usageError } from './cli-error.ts';
import { ExitCode } from './exit-codes.ts';

type WireSet = Exclude<Target, { readonly Steps: unknown } | { readonly Targeting: unknown }>;
type WireStep = Extract<Target, { readonly Steps: unknown }>['Steps'][number];

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const NODE_ID = new RegExp(`^(n-)?${UUID}$`, 'i');
const GROUP_ID = new RegExp(`^(g-)?${UUID}$`, 'i');

/** The target of the wire for what was said; ids of groups and of the one node are looked up, files are read. */
export async function resolveTarget(client: EdgeFleetClient, expression: TargetExpression): Promise<Target> {
  const steps = joinNames((await Promise.all(expression.map(readFiles))).flat());
  const [only, ...others] = steps;
  if (only === undefined) throw usageError('the file names no node');
  if (others.length === 0) return resolveSet(client, only.set);
  return { Steps: await Promise.all(steps.map((step) => resolveStep(client, step))) };
}

/** Bare UUIDs of everyone the target means now, whether connected or not; without those that are revoked. */
export async function resolveMembers(client: EdgeFleetClient, expression: TargetExpression): Promise<string[]> {
  const { resolved, skipped } = await client.preview(await resolveTarget(client, expression));
  const members = [...resolved, ...skipped.filter(({ reason }) => reason !== 'Revoked')];
  return members.map(({ node_id: id }) => id.replace(/^n-/, ''));
}

async function resolveStep(client: EdgeFleetClient, { join, set }: TargetStep): Promise<WireStep> {
  const names = namesOf(set);
  const resolved: WireSet = names.length > 0 ? { Hosts: names } : await resolveSet(client, set);
  return { add: { Add: resolved }, keep: { Keep: resolved }, remove: { Remove: resolved } }[join];
}

async function resolveSet(client: EdgeFleetClient, set: TargetSet): Promise<WireSet> {
  switch (set.kind) {
    case 'all':
      return { All: null };
    case 'node':
      return { Node: await resolveNodeId(client, set.node) };
    case 'names':
      return { Hosts: set.names };
    case 'group':
      return { Group: await resolveGroupId(client, set.group) };
    case 'cluster':
      return { Cluster: set.cluster };
    case 'selector':
      return { Selector: set.selector };
    case 'file':
      throw new Error('files are read before'); // see `readFiles`
  }
}

/** A file as the sets that its lines are, joined as the file is. */
async function readFiles({ join, set }: TargetStep): Promise<TargetStep[]> {
  if (set.kind !== 'file') return [{ join, set }];
  const text = await readFile(set.path, 'utf8').catch((cause) => {
    throw new CliError(`cannot read the names in ${set.path}: ${cause.message}`, { exitCode: ExitCode.usage, cause });
  });
  const names = parseNames(text).flatMap(namesOf);
  return [{ join, set: { kind: 'names', names } }];
}

/** Names that are added one after the other are one list. A name with a star in it is looked up: in a list it would be a pattern. */
function joinNames(steps: readonly TargetStep[]): TargetStep[] {
  const joined: TargetStep[] = [];
  for (const step of steps) {
    const before = joined.at(-1);
    const names = [before, step].map((one) => (one?.join === 'add' ? namesOf(one.set) : []));
    const isOneList = names.every((list) => list.length > 0);
    if (isOneList) joined[joined.length - 1] = { join: 'add', set: { kind: 'names', names: names.flat() } };
    else joined.push(step);
  }
  return joined;
}

function namesOf(set: TargetSet): readonly string[] {
  if (set.kind === 'names') return set.names;
  return set.kind === 'node' && !set.node.includes('*') ? [set.node] : [];
}

/** The id of the one node that is called this, or the id itself. A revoked one counts when there is no other. A leading `@` is read over. */
export async function resolveNodeId(client: EdgeFleetClient, nameOrId: string): Promise<string> {
  const wanted = nameOrId.replace(/^@/, '');
  if (NODE_ID.test(wanted)) return wanted;
  const named: Host[] = [];
  for await (const host of client.hosts({ names: [wanted] })) if (host.name === wanted) named.push(host);
  const current = named.filter((host) => host.status !== 'Revoked');
  const found = current.length > 0 ? current : named;
  return onlyOne(found, { what: 'node', name: wanted, list: 'garrison nodes list', idOf: (host) => host.node_id });
}

export async function resolveGroupId(client: EdgeFleetClient, nameOrId: string): Promise<string> {
  const wanted = nameOrId.replace(/^group:/, '');
  if (GROUP_ID.test(wanted)) return wanted;
  const found = (await client.groups()).filter((group: Group) => group.name === wanted);
  return onlyOne(found, { what: 'group', name: wanted, list: 'garrison edge group ls', idOf: (group) => group.id });
}

interface Wanted<Item> {
  readonly what: string;
  readonly name: string;
  /** The command that shows what there is. */
  readonly list: string;
  readonly idOf: (item: Item) => string;
}

function onlyOne<Item>(found: readonly Item[], { what, name, list, idOf }: Wanted<Item>): string {
  const [only, ...others] = found;
  if (only === undefined) {
    throw new CliError(`there is no ${what} called ${name}`, {
      exitCode: ExitCode.unavailable,
      advice: `${list} shows what there is.`,
    });
  }
  if (others.length === 0) return idOf(only);
  throw new CliError(`${found.length} ${what}s are called ${name}`, {
    exitCode: ExitCode.usage,
    advice: `Say which one by its id: ${found.map(idOf).join(', ')}.`,
  });
}

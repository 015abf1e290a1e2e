import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import type { Group, Host, Target } from '#client/edge-fleet/wire.ts';
import { CliError } from './cli-error.ts';
import { ExitCode } from './exit-codes.ts';
import type { TargetShorthand } from './target-shorthand.ts';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const NODE_ID = new RegExp(`^(n-)?${UUID}$`, 'i');
const GROUP_ID = new RegExp(`^(g-)?${UUID}$`, 'i');

/** The target of the wire for the shorthand; names of nodes and groups are looked up, the wire knows ids only. */
export async function resolveTarget(client: EdgeFleetClient, target: TargetShorthand): Promise<Target> {
  switch (target.kind) {
    case 'all':
      return { All: null };
    case 'node':
      return { Node: await resolveNodeId(client, target.node) };
    case 'group':
      return { Group: await resolveGroupId(client, target.group) };
    case 'selector':
      return { Selector: target.selector };
  }
}

/** The id of the one node that is called this, or the id itself. A leading `@` is read over. */
export async function resolveNodeId(client: EdgeFleetClient, nameOrId: string): Promise<string> {
  const wanted = nameOrId.replace(/^@/, '');
  if (NODE_ID.test(wanted)) return wanted;
  const found: Host[] = [];
  for await (const host of client.hosts()) if (host.name === wanted && host.status !== 'Revoked') found.push(host);
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

import type { AdminNode } from '#client/edge-admin/wire.ts';
import type { Host } from '#client/edge-fleet/wire.ts';
import { collect } from '#client/walk-pages.ts';
import { parseTarget } from '#surfaces/edge-fleet/shorthand/parse-target.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import type { Invocation } from '../../invocation.ts';
import { type ListOptions, listOptions, listQuery } from '../../list-options.ts';
import { paintStatus } from '../../output/paint.ts';
import { factsView, sentenceView, tableView } from '../../output/print-view.ts';
import type { Column } from '../../output/table.ts';
import { repeated } from '../../parse/read-pairs.ts';
import { resolveNodeUuid } from '../../resolve-node-uuid.ts';
import { resolveMembers } from '../../resolve-target.ts';
import { metrics } from './metrics.ts';
import { admit, waiting } from './waiting.ts';

/** One machine as both surfaces see it: Edge Admin's view, and what edge-fleet adds to it. */
type NamedNode = Omit<AdminNode, 'api_token' | 'proxy_password'> &
  Partial<Pick<AdminNode, 'api_token' | 'proxy_password'>> & {
    readonly name: string | null;
    readonly tags: readonly string[];
    readonly os: string | null;
    readonly arch: string | null;
  };

/** Without the tokens of the node unless they are asked for: a list is looked at over shoulders. */
function nameNode(node: AdminNode, host: Host | undefined, showSecrets = false): NamedNode {
  const { id, api_token, proxy_password, ...rest } = node;
  return {
    id,
    name: host?.name ?? null,
    ...rest,
    tags: host?.tags ?? [],
    os: host?.capabilities.os ?? null,
    arch: host?.capabilities.arch ?? null,
    ...(showSecrets && { api_token, proxy_password }),
  };
}

/** As many as are asked for by id; beyond it the whole list is read. */
const MOST_BY_ID = 100;

/** Hosts of these nodes by bare UUID; none when this caller may not read them. */
async function hostsByUuid(invocation: Invocation, ids: readonly string[]): Promise<ReadonlyMap<string, Host>> {
  const hosts = new Map<string, Host>();
  if (ids.length === 0) return hosts;
  try {
    const client = await invocation.edgeFleet();
    const wanted = ids.length <= MOST_BY_ID ? { ids } : {};
    for await (const host of client.hosts(wanted)) hosts.set(host.node_id.replace(/^n-/, ''), host);
  } catch {
    // names and tags are an addition; the list of Edge Admin stands without them
  }
  return hosts;
}

/** The nodes of the list that are in the target, as many as are wanted. */
async function nodesIn(
  target: ReadonlySet<string>,
  nodes: AsyncIterable<AdminNode>,
  limit = Number.POSITIVE_INFINITY,
): Promise<AdminNode[]> {
  const found: AdminNode[] = [];
  for await (const node of nodes) {
    if (target.has(node.id)) found.push(node);
    if (found.length >= Math.min(limit, target.size)) break;
  }
  return found;
}

interface Options extends ListOptions {
  readonly status?: string;
  readonly cluster?: string;
  readonly on?: readonly string[];
}

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List the machines.',
  options: [
    option('--on <target>', 'only machines of this target, as in garrison run', repeated),
    option('--status <status>', 'healthy, unhealthy or unreachable'),
    option('--cluster <name>', 'machines of this cluster'),
    ...listOptions(),
  ],
  examples: [
    ['garrison nodes list', 'every machine'],
    ['garrison nodes list --status unreachable', 'those that are away'],
    ["garrison nodes list --on 'web-[1-9]!web-3'", 'by name'],
    ["garrison nodes list --where 'version=1.*' --sort -last_seen_at", 'by version, the latest sign of life first'],
  ],
  run: async (invocation) => {
    const options = invocation.opts<Options>();
    const client = await invocation.edgeAdmin();
    const query = listQuery(options, { status: options.status, cluster_name: options.cluster });
    const { on, limit } = options;
    const target = on && new Set(await resolveMembers(await invocation.edgeFleet(), parseTarget(on.join(' '))));
    const nodes = target
      ? await nodesIn(target, client.nodes(query), limit)
      : await collect(client.nodes(query), limit);
    const hosts = await hostsByUuid(
      invocation,
      nodes.map((node) => node.id),
    );
    const rows = nodes.map((node) => nameNode(node, hosts.get(node.id)));
    await invocation.print(
      tableView(rows, nodeColumns(invocation), 'No machines. garrison keys create makes a key to join one with.'),
    );
  },
};

function nodeColumns(invocation: Invocation): Column<NamedNode>[] {
  return [
    { header: 'NAME', value: (node) => node.name ?? node.node_name },
    { header: 'ID', value: (node) => node.id },
    { header: 'STATUS', value: (node) => node.status, paint: (text) => paintStatus(invocation.paint, text) },
    { header: 'CLUSTER', value: (node) => node.cluster_name, isFlexible: true },
    { header: 'OS/ARCH', value: (node) => node.os && `${node.os}/${node.arch}`, isFlexible: true },
    { header: 'VERSION', value: (node) => node.version, isFlexible: true },
    { header: 'TAGS', value: (node) => node.tags.join(','), isFlexible: true },
    { header: 'SEEN', value: (node) => invocation.ago(node.last_seen_at) },
  ];
}

const show: CommandSpec = {
  name: 'show',
  description: 'Show one machine.',
  arguments: [argument('<node>', 'name or id')],
  options: [option('--show-secrets', 'its API token and proxy password too')],
  examples: [
    ['garrison nodes show web-1', 'by name'],
    ['garrison nodes show 0199a3f4-… --output json', 'by id, for a program'],
  ],
  run: async (invocation, nameOrId: string) => {
    const { showSecrets } = invocation.opts<{ showSecrets?: boolean }>();
    const id = await resolveNodeUuid(invocation, nameOrId);
    const client = await invocation.edgeAdmin();
    const [node, hosts] = await Promise.all([client.node(id), hostsByUuid(invocation, [id])]);
    const named = nameNode(node, hosts.get(id), showSecrets);
    await invocation.print(
      factsView(named, [
        ['name', named.name],
        ['id', `${named.id} (${named.id_type})`],
        ['status', paintStatus(invocation.paint, named.status ?? '-')],
        ['last seen', invocation.ago(named.last_seen_at)],
        ['cluster', named.cluster_name],
        ['platform', named.os && `${named.os}/${named.arch}`],
        ['version', named.version],
        ['tags', named.tags.join(', ')],
        ['host name', named.vpn_hostname],
        ['local name', named.mdns_hostname],
        [
          'ports',
          `http ${named.http_port}, ssh ${named.ssh_port}, proxy ${named.http_proxy_port}, socks5 ${named.socks5_proxy_port}`,
        ],
        ['ssh host key', named.ssh_host_keys.join(', ')],
        ['self-update', named.self_update_enabled ? 'on' : 'off'],
        ['last update', named.last_update && describeLastUpdate(invocation, named.last_update)],
        ['joined', invocation.ago(named.inserted_at)],
        ['api token', named.api_token],
        ['proxy password', named.proxy_password],
      ]),
    );
  },
};

function describeLastUpdate(invocation: Invocation, update: NonNullable<AdminNode['last_update']>): string {
  const { version, state, code, message, at } = update;
  const why = code === null ? '' : `: ${code}${message ? `, ${message}` : ''}`;
  return `${version ?? 'no version named'} ${state.replace('_', ' ')} ${invocation.ago(at)}${why}`;
}

const move: CommandSpec = {
  name: 'move',
  description: 'Move a machine into another cluster. Its aliases are left behind.',
  arguments: [argument('<node>', 'name or id'), argument('<cluster>', 'name of the cluster')],
  examples: [['garrison nodes move web-1 staging', 'into the cluster staging']],
  run: async (invocation, node: string, cluster: string) => {
    const client = await invocation.edgeAdmin();
    const moved = await client.changeCluster(await resolveNodeUuid(invocation, node), cluster);
    await invocation.print(sentenceView(nameNode(moved, undefined), `${node} is in ${moved.cluster_name} now`));
  },
};

const rm: CommandSpec = {
  name: 'rm',
  aliases: ['remove'],
  description: 'Remove machines: their sessions are cut, and what they had not finished is cancelled.',
  arguments: [argument('<node...>', 'names or ids')],
  options: [option('--even-degraded', 'although there are more machines than the controllers have room for')],
  examples: [
    ['garrison nodes rm web-1', 'one machine, by name'],
    ['garrison nodes rm old-1 old-2 --even-degraded', 'the cure when the fleet has outgrown its controllers'],
  ],
  run: async (invocation, nodes: string[]) => {
    const { evenDegraded = false } = invocation.opts<{ evenDegraded?: boolean }>();
    const client = await invocation.edgeAdmin();
    for (const node of nodes) {
      const id = await resolveNodeUuid(invocation, node);
      await client.deleteNode(id, { evenDegraded });
      await invocation.print(sentenceView({ id, removed: true }, `removed ${node}`));
    }
  },
};

export const command: CommandSpec = {
  name: 'nodes',
  description: 'Machines: list, show, metrics, move, remove, admit.',
  examples: [['garrison nodes list', 'every machine with its state']],
  commands: [list, show, metrics, move, rm, waiting, admit],
};

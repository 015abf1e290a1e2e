import { refusalOf, type ToolAnswer } from '../answer.ts';
import { closed, count, type McpTool, shaped, text } from '../tool.ts';

interface Host {
  readonly node_id: string;
  readonly name: string;
  readonly status: string;
  readonly since: string;
  readonly tags: readonly string[];
  readonly capabilities: { readonly os: string | null; readonly arch: string | null; readonly version: string | null };
}

export const ON = text(
  'Which nodes, as behind --on: all, web-1,web-3, web-[1-9], web-*, group:NAME, cluster:NAME, tags=web os=linux; A,B joins, A&B intersects, A!B leaves out.',
  8_192,
);

export const nodeTools: readonly McpTool[] = [
  {
    name: 'fleet_overview',
    description:
      'How the fleet is: nodes by status, version and system, what is running, what needs a person. Begin here.',
    effect: 'read',
    needs: ['native.readOverview'],
    input: closed({}),
    run: async ({ call }) => shaped(await call('native.readOverview'), (facts) => ({ facts })),
  },
  {
    name: 'nodes_find',
    description:
      'Find nodes (machines). Counts by status come first, then name, status, tags, system and version of each.',
    effect: 'read',
    needs: ['edge-fleet.searchHosts'],
    input: closed({
      on: ON,
      limit: count('How many to list; default 50.', 200),
      cursor: text('`next` of the page before.', 1_024),
    }),
    run: async ({ call }, { on = 'all', limit = 50, cursor }) =>
      shaped(
        await call('edge-fleet.searchHosts', { body: { target: on, limit, ...(cursor !== undefined && { cursor }) } }),
        ({ items, next_cursor, counts }: { items: Host[]; next_cursor: string | null; counts: unknown }) => ({
          facts: { counts, nodes: items.map(brief), next: next_cursor },
        }),
      ),
  },
  {
    name: 'node_get',
    description: 'One node: facts, tags, the last commands there and how they ended.',
    effect: 'read',
    needs: ['edge-fleet.getHost', 'edge-fleet.searchHosts'],
    input: closed({ node: text('Name or id.') }, ['node']),
    async run({ call }, { node }) {
      const found = await call('edge-fleet.searchHosts', { body: { target: { Hosts: [String(node)] }, limit: 1 } });
      if (found.status >= 300) return refusalOf(found);
      const [host] = (found.body as { items: Host[] }).items; // as its schema says
      if (host === undefined) return notThere(String(node));
      return shaped(await call('edge-fleet.getHost', { params: { id: host.node_id } }), (facts) => ({ facts }));
    },
  },
];

function notThere(node: string): ToolAnswer {
  const message = `there is no node ${node}`;
  return { facts: { code: 'not_found', message, next: 'nodes_find lists them.' }, isError: true };
}

function brief({ node_id, name, status, since, tags, capabilities: { os, arch, version } }: Host) {
  return { name, status, since, tags, system: `${os ?? '?'}/${arch ?? '?'}`, version, id: node_id };
}

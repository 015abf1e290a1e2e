import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKey } from '#core/access/create-key.ts';
import { SCOPES } from '#core/access/scopes.ts';
import { type NodeId, newId, type WorkspaceId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { startTestController, type TestController } from '#test/support/controller.ts';
import { contextOf, type SeededTenant, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { strangersToolAnswers, type ToolAnswered, type ToolIsolationCase, type ToolSample } from './tool-isolation.ts';

const SSH_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const WEBHOOK_SECRET = 'a-secret-of-thirty-two-characters!';
const DISPATCH = 'dsp_20260101_000000_aaaaaa';

let controller: TestController;
let tenant: SeededTenant;
let owner: string;
let own: Awaited<ReturnType<typeof thingsOf>>;
const clients = new Map<string, Client>();
beforeAll(async () => {
  controller = await startTestController({
    env: {
      WEBHOOK_ALLOW_PRIVATE_IPS: 'true',
      GARRISON_MCP_CALLS_PER_MINUTE: '10000',
      GARRISON_MCP_STARTS_PER_MINUTE: '10000',
    },
  });
  tenant = await seedTenant(controller.database.db);
  owner = await keyOf(tenant);
  own = await thingsOf(tenant);
});
afterAll(async () => {
  for (const client of clients.values()) await client.close();
  await controller?.close();
});

async function keyOf(of: SeededTenant): Promise<string> {
  const scopes = Object.keys(SCOPES);
  const { secret } = await createKey(contextOf(of), controller.database, { kind: 'scoped', name: 'all', scopes });
  return secret.reveal();
}

/** One of everything that a tool can name. */
async function thingsOf(of: SeededTenant) {
  const { db } = controller.database;
  const make = async <Made>(path: string, body: object): Promise<Made> => {
    const answer = await controller.call<Made>('POST', path, body, owner);
    expect([path, answer.status, answer.status < 300 ? '' : answer.body]).toEqual([path, expect.any(Number), '']);
    return answer.body;
  };
  const made = async (path: string, body: object) =>
    (await make<{ data: { id: string } }>(`/api/v1/${path}`, body)).data.id;
  const [nodeId] = (await seedNodes(db, of, [{ name: 'mine-node' }])) as [NodeId];
  await made('clusters', { name: 'mine-cluster' });
  const targeting = { type: 'nodes', node_ids: [nodeId] };
  const command = await made('commands', { command_text: 'sleep 60', targeting });
  const executions = await controller.call<{ data: { id: string }[] }>(
    ...(['GET', `/api/v1/command_executions?command_id=${command}`, undefined, owner] as const),
  );
  const user = await made(`nodes/${nodeId}/ssh_usernames`, { username: 'mine-user' });
  const { pin } = await make<{ pin: string }>('/v1/previews', { on: 'mine-node', command: 'true' });
  const run = await make<{ fleet_command_id: string }>('/v1/runs', { pin });
  const workspace = newId<WorkspaceId>();
  await db.execute(sql`
    insert into workspaces (id, tenant_id, repo, node_id) values (${workspace}, ${of.tenantId}, 'mine/repo', ${nodeId})`);
  await db.execute(sql`
    insert into dispatches (id, tenant_id, name, agent, model, task, context, workspace_mode, timeout_seconds, workspace_id,
      created_by, caller)
    values (${newId()}, ${of.tenantId}, ${DISPATCH}, 'claude', '', 'mine-task', 'none', 'persistent', 60, ${workspace}, 'x', 'x')`);
  return {
    nodeId,
    command,
    execution: executions.body.data[0]?.id ?? '',
    user,
    workspace,
    run: run.fleet_command_id,
    alias: await made(`nodes/${nodeId}/aliases`, { name: 'mine-alias' }),
    sshKey: await made(`ssh_usernames/${user}/ssh_public_keys`, { key_name: 'mine-key', public_key: SSH_KEY }),
    update: await made('self_update_requests', { targeting: { type: 'all' } }),
    webhook: await made('webhooks', {
      ...{ url: 'http://127.0.0.1:1/', secret: WEBHOOK_SECRET, subscribed_events: ['edge.node.registered'] },
    }),
    startPin: (await make<{ pin: string }>('/v1/previews', { on: 'mine-node', command: 'true' })).pin,
  };
}

/** What stands in an answer only when the tenant is told of. */
const marks = () => [...Object.values(own), tenant.clusterName, 'mine-', 'mine/', DISPATCH].filter((one) => one !== '');

async function clientFor(door: string, credential: string): Promise<Client> {
  const known = clients.get(door + credential);
  if (known !== undefined) return known;
  const made = new Client({ name: 'a test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  const requestInit = { headers: { authorization: `Bearer ${credential}` } };
  await made.connect(new StreamableHTTPClientTransport(new URL(controller.api + door), { requestInit }));
  clients.set(door + credential, made);
  return made;
}

async function call(door: string, credential: string, name: string, input: object): Promise<ToolAnswered> {
  const client = await clientFor(door, credential);
  const { content, isError = false } = (await client.callTool({ name, arguments: { ...input } })) as {
    content: { text: string }[];
    isError?: boolean;
  };
  return { text: content.map(({ text }) => text).join('\n'), isError };
}

/** Whoever has been given a pin uses it: what the tool does is looked at, not what it would do. */
const PINNED = /"pin":"(pin_[\w-]+)"/;

async function strangersAnswersAt(
  door: string,
  given: Pick<ToolIsolationCase, 'samples' | 'exempt'>,
): Promise<string[]> {
  const stranger = await keyOf(await seedTenant(controller.database.db));
  const { tools } = await (await clientFor(door, stranger)).listTools();
  const acts = new Set(
    tools.filter(({ annotations }) => annotations?.destructiveHint === true).map(({ name }) => name),
  );
  return strangersToolAnswers({
    ...given,
    tools: tools.map(({ name }) => name),
    marks: marks(),
    async ask(who, tool, input) {
      const as = who === 'owner' ? owner : stranger;
      const first = await call(door, as, tool, input);
      const [, pin] = PINNED.exec(first.text) ?? [];
      return acts.has(tool) && pin !== undefined ? call(door, as, tool, { pin }) : first;
    },
  });
}

const none: Readonly<Record<string, unknown>> = {};
const lists = (input = none): ToolSample => ({ lists: input });
const of = (input: Readonly<Record<string, unknown>>): ToolSample => ({ of: input });

test('the tools of /mcp tell a stranger nothing', async () => {
  const { nodeId, run, startPin } = own;
  const wrong = await strangersAnswersAt('/mcp', {
    samples: {
      fleet_overview: { lists: none, isEmpty: 'it counts, and names nothing' },
      nodes_find: lists(),
      node_get: of({ node: nodeId }),
      runs_find: lists(),
      run_get: of({ run }),
      run_output: of({ run, node: nodeId }),
      run_wait: of({ run, seconds: 1 }),
      run_preview: of({ on: 'mine-node', command: 'true' }),
      run_start: of({ pin: startPin }),
      run_cancel: of({ run }),
      dispatches_find: lists(),
      dispatch_get: of({ dispatch: DISPATCH }),
      dispatch_cancel: of({ dispatch: DISPATCH }),
      events_find: lists(),
      api_call: of({ operation: 'edge-fleet.getHost', input: { id: `n-${nodeId}` } }),
    },
    exempt: {
      dispatch_preview: 'it takes a task, and tells of agents by number',
      dispatch_start: 'its pin is bound as that of run_start is, by the same function',
      api_find: 'it tells of operations, which are everybody’s',
    },
  });
  expect(wrong).toEqual([]);
});

test('the tools of /mcp/edge-admin tell a stranger nothing', async () => {
  const { nodeId, alias, command, execution, user, sshKey, update, webhook } = own;
  const cluster = of({ cluster_name: 'mine-cluster' });
  const ofNode = of({ node_id: nodeId });
  const wrong = await strangersAnswersAt('/mcp/edge-admin', {
    samples: {
      list_clusters: lists(),
      get_cluster: cluster,
      update_cluster: of({ cluster_name: 'mine-cluster', node_limit: 5 }),
      delete_cluster: cluster,
      list_nodes: lists(),
      get_node: ofNode,
      delete_node: ofNode,
      change_node_cluster: of({ node_id: nodeId, cluster_name: 'mine-cluster' }),
      list_aliases: lists(),
      get_alias: of({ alias_id: alias }),
      create_alias: of({ node_id: nodeId, name: 'stolen' }),
      delete_alias: of({ alias_id: alias }),
      list_commands: lists(),
      get_command: of({ command_id: command }),
      create_command: of({ command_text: 'true', targeting: { type: 'nodes', node_ids: [nodeId] } }),
      delete_command: of({ command_id: command }),
      list_command_executions: lists(),
      get_command_execution: of({ execution_id: execution }),
      cancel_command_execution: of({ execution_id: execution }),
      delete_command_execution: of({ execution_id: execution }),
      list_ssh_usernames: lists(),
      get_ssh_username: of({ ssh_username_id: user }),
      list_ssh_public_keys: lists(),
      get_ssh_public_key: of({ ssh_public_key_id: sshKey }),
      list_self_update_requests: lists(),
      get_self_update_request: of({ request_id: update }),
      create_self_update_request: of({ targeting: { type: 'nodes', node_ids: [nodeId] } }),
      delete_self_update_request: of({ request_id: update }),
      get_node_metrics: ofNode,
      get_host_metrics: ofNode,
      get_agent_metrics: ofNode,
      list_webhooks: lists(),
      get_webhook: of({ webhook_id: webhook }),
      delete_webhook: of({ webhook_id: webhook }),
    },
    exempt: {
      get_admin: 'it tells of the controller',
      get_my_admin_cluster: 'it counts, and names nothing of a tenant',
      list_admin_clusters: 'it tells of controllers',
      list_edge_clusters: 'it tells of controllers',
      list_orphaned_clusters: 'it tells of controllers',
      check_admin_health: 'it tells of the controller',
      create_cluster: 'it names what is to be',
      get_admin_metrics: 'it is for the installation',
      list_event_types: 'the types are everybody’s',
    },
  });
  expect(wrong).toEqual([]);
});

test('the tools of /mcp/edge-fleet tell a stranger nothing', async () => {
  const target = { Node: `n-${own.nodeId}` };
  const ofRun = of({ fleet_command_id: own.run });
  const wrong = await strangersAnswersAt('/mcp/edge-fleet', {
    samples: {
      'aegis.edge.fleet.list': of({ target }),
      'aegis.edge.fleet.invoke': {
        of: { target, tool: 'host.facts' },
        isSilent: 'an order for a host there is not is a run of nobody, below its floor',
      },
      'aegis.edge.fleet.cancel': ofRun,
      'aegis.edge.fleet.result': ofRun,
    },
    exempt: {},
  });
  expect(wrong).toEqual([]);
});

test('the tools of /mcp/dispatch tell a stranger nothing', async () => {
  const ofDispatch = of({ dispatch_id: DISPATCH });
  const wrong = await strangersAnswersAt('/mcp/dispatch', {
    samples: {
      outpost_status: ofDispatch,
      outpost_cancel: ofDispatch,
      outpost_list_workspaces: lists(),
      outpost_delete_workspace: of({ workspace_id: own.workspace }),
      outpost_get_artifacts: ofDispatch,
    },
    exempt: {
      outpost_dispatch: 'it names what is to be',
      outpost_health: 'it tells of the controller',
    },
  });
  expect(wrong).toEqual([]);
});

test('no tool shows a secret, whatever its token may see', async () => {
  const { body } = await controller.call<{ data: { api_token: string; proxy_password: string } }>(
    ...(['GET', `/api/v1/nodes/${own.nodeId}`, undefined, owner] as const),
  );
  const secrets = [body.data.api_token, body.data.proxy_password, WEBHOOK_SECRET, owner];
  for (const secret of secrets) expect(secret.length).toBeGreaterThan(10);
  const asked: readonly (readonly [string, string, object])[] = [
    ['/mcp/edge-admin', 'get_node', { node_id: own.nodeId }],
    ['/mcp/edge-admin', 'list_nodes', {}],
    ['/mcp/edge-admin', 'get_webhook', { webhook_id: own.webhook }],
    ['/mcp/edge-admin', 'list_webhooks', {}],
    ['/mcp', 'api_call', { operation: 'edge-admin.getNode', input: { id: own.nodeId } }],
    ['/mcp', 'api_call', { operation: 'edge-admin.listNodes', input: {} }],
    ['/mcp', 'node_get', { node: own.nodeId }],
    ['/mcp', 'events_find', {}],
    ['/mcp/dispatch', 'outpost_status', { dispatch_id: DISPATCH }],
  ];
  for (const [door, tool, input] of asked) {
    const { text, isError } = await call(door, owner, tool, input);
    expect([tool, isError, secrets.filter((secret) => text.includes(secret))]).toEqual([tool, false, []]);
  }
});

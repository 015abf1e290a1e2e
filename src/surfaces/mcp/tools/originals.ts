/**
 * The tools that the contracts promise, by their names, for clients that were written for them: `/mcp/edge-admin`, `/mcp/edge-fleet`
 * and `/mcp/dispatch`. They are made of the operations: name, summary and input are those of the operation, and what changes
 * something takes a pin, as everywhere: called with its input it answers a preview and a pin, called with that pin it is done.
 */
import type { PinDeps } from '#core/previews/pin.ts';
import { openPin, sealPin } from '#core/previews/pin.ts';
import { refusalOf, type ToolAnswer } from '../answer.ts';
import type { OwnApi } from '../own-api.ts';
import { closed, type McpTool, type McpToolCall, shaped, text } from '../tool.ts';

interface Original {
  readonly name: string;
  readonly operation: string;
  /** Their name of a parameter → the operation's. */
  readonly rename?: Readonly<Record<string, string>>;
}

/** Tools of the originals that are none here: what they show or take are rights and secrets, which people decide on. @internal for guards */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  list_enrollment_keys: 'shows join secrets',
  get_enrollment_key: 'shows a join secret',
  create_enrollment_key: 'makes a join secret',
  update_enrollment_key: 'shows a join secret',
  delete_enrollment_key: 'decides who may join',
  create_ssh_username: 'lets somebody in',
  delete_ssh_username: 'decides who gets in',
  create_ssh_public_key: 'lets somebody in',
  delete_ssh_public_key: 'decides who gets in',
  create_webhook: 'takes a secret',
  explain_event_type: 'list_event_types says the same, and no operation says more',
};

const CLUSTER = { cluster_name: 'name' };

export const EDGE_ADMIN: readonly Original[] = [
  ...['get_admin', 'get_my_admin_cluster', 'list_admin_clusters', 'list_edge_clusters', 'list_orphaned_clusters'].map(
    same,
  ),
  { name: 'check_admin_health', operation: 'health.getReadiness' },
  same('list_clusters'),
  { ...same('get_cluster'), rename: CLUSTER },
  same('create_cluster'),
  { ...same('update_cluster'), rename: CLUSTER },
  { ...same('delete_cluster'), rename: CLUSTER },
  same('list_nodes'),
  byId('get_node', 'node_id'),
  byId('delete_node', 'node_id'),
  byId('change_node_cluster', 'node_id'),
  same('list_aliases'),
  byId('get_alias', 'alias_id'),
  same('create_alias'),
  byId('delete_alias', 'alias_id'),
  same('list_commands'),
  byId('get_command', 'command_id'),
  same('create_command'),
  byId('delete_command', 'command_id'),
  same('list_command_executions'),
  ...['get', 'cancel', 'delete'].map((verb) => byId(`${verb}_command_execution`, 'execution_id')),
  same('list_ssh_usernames'),
  byId('get_ssh_username', 'ssh_username_id'),
  same('list_ssh_public_keys'),
  byId('get_ssh_public_key', 'ssh_public_key_id'),
  same('list_self_update_requests'),
  byId('get_self_update_request', 'request_id'),
  same('create_self_update_request'),
  byId('delete_self_update_request', 'request_id'),
  same('get_node_metrics'),
  { name: 'get_host_metrics', operation: 'edge-admin.getNodeHostMetrics' },
  { name: 'get_agent_metrics', operation: 'edge-admin.getNodeAgentMetrics' },
  same('get_admin_metrics'),
  same('list_webhooks'),
  byId('get_webhook', 'webhook_id'),
  byId('delete_webhook', 'webhook_id'),
  same('list_event_types'),
];

export const DISPATCH: readonly Original[] = [
  {
    name: 'outpost_dispatch',
    operation: 'agent-dispatch.createDispatch',
    rename: {
      workspace_mode: 'workspaceMode',
      timeout: 'timeoutSeconds',
      secrets: 'additionalSecrets',
      context_level: 'context',
    },
  },
  {
    name: 'outpost_status',
    operation: 'agent-dispatch.getDispatch',
    rename: { dispatch_id: 'dispatchId', log_offset: 'logOffset' },
  },
  { name: 'outpost_cancel', operation: 'agent-dispatch.cancelDispatch', rename: { dispatch_id: 'dispatchId' } },
  { name: 'outpost_health', operation: 'agent-dispatch.getHealth' },
  { name: 'outpost_list_workspaces', operation: 'agent-dispatch.listWorkspaces' },
  {
    name: 'outpost_delete_workspace',
    operation: 'agent-dispatch.deleteWorkspace',
    rename: { workspace_id: 'workspaceId' },
  },
  { name: 'outpost_get_artifacts', operation: 'agent-dispatch.listArtifacts', rename: { dispatch_id: 'dispatchId' } },
];

function same(name: string): Original {
  return { name, operation: `edge-admin.${name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())}` };
}

function byId(name: string, theirs: string): Original {
  return { ...same(name), rename: { [theirs]: 'id' } };
}

/** @throws Error at the start when an operation is not there any more. */
export function originalTools(api: OwnApi, pins: PinDeps, originals: readonly Original[]): McpTool[] {
  return originals.map((original) => toolOf(api, pins, original));
}

function toolOf(api: OwnApi, pins: PinDeps, original: Original): McpTool {
  const { name, operation, rename = {} } = original;
  const known = api.find(operation);
  if (known === undefined) throw new Error(`${name} is made of ${operation}, which is not there`);
  const { method, summary, params, query, body } = known.operation;
  const isRead = method === 'GET';
  const ours = Object.fromEntries(Object.entries(rename).map(([theirs, own]) => [own, theirs]));
  const fields = [fieldsOf(params), fieldsOf(query), fieldsOf(body)];
  const properties = Object.fromEntries(
    fields.flatMap(({ properties: some }) =>
      Object.entries(some).map(([field, schema]) => [ours[field] ?? field, schema]),
    ),
  );
  const required = fieldsOf(params).required.map((field) => ours[field] ?? field);
  return {
    name,
    description: `${summary}.${isRead ? '' : ' Answers a preview and a pin; called with the pin alone, it is done.'}`,
    effect: isRead ? 'read' : 'run',
    needs: [operation],
    input: isRead
      ? closed(properties, required)
      : closed({ ...properties, pin: text('In place of everything: does what was previewed.', 4_096) }),
    async run(call, { pin, ...input }) {
      if (isRead) return send(call, api, original, input);
      if (pin === undefined) {
        const sealed = await sealPin(call.ctx, pins, `mcp.${name}`, input);
        return {
          facts: {
            preview: { tool: name, summary, input },
            pin: sealed.pin,
            expires_at: sealed.expiresAt,
            next: `${name} with this pin does exactly this.`,
          },
        };
      }
      const { content, hash, isExpired } = await openPin(call.ctx, pins, `mcp.${name}`, String(pin));
      if (isExpired)
        return {
          facts: { code: 'pin_expired', message: 'the pin has ended', next: `${name} without it makes another.` },
          isError: true,
        };
      return send(call, api, original, content as Readonly<Record<string, unknown>>, hash.toString('hex')); // sealed by us
    },
  };
}

interface Fields {
  readonly properties: Readonly<Record<string, object>>;
  readonly required: readonly string[];
}

function fieldsOf(schema: object | undefined): Fields {
  const { properties = {}, required = [] } = (schema ?? {}) as Partial<Fields>; // the schemas of operations are objects
  return { properties, required };
}

async function send(
  { call }: McpToolCall,
  api: OwnApi,
  { operation, rename = {} }: Original,
  input: Readonly<Record<string, unknown>>,
  key?: string,
): Promise<ToolAnswer> {
  const { params, query, body, isIdempotent } = api.find(operation)?.operation ?? {};
  const said = Object.entries(input).map(([name, value]) => [rename[name] ?? name, value] as const);
  const of = (schema: object | undefined) =>
    Object.fromEntries(said.filter(([name]) => Object.hasOwn(fieldsOf(schema).properties, name)));
  const answer = await call(operation, {
    params: Object.fromEntries(Object.entries(of(params)).map(([name, value]) => [name, String(value)])),
    query: of(query),
    ...(body !== undefined && { body: of(body) }),
    ...(key !== undefined && isIdempotent === true && { idempotencyKey: key }),
  });
  if (answer.status >= 300 && !operation.startsWith('health.')) return refusalOf(answer);
  return shaped({ ...answer, status: 200 }, (facts) => ({ facts: pageOf(facts) ?? { done: true } }));
}

/** Lists as the original has them: items and the page, without the envelope. */
function pageOf(answered: unknown): unknown {
  const { data, meta } = (answered ?? {}) as { data?: unknown; meta?: { pagination?: object } }; // the envelope of two contracts
  if (data === undefined) return answered;
  return Array.isArray(data) ? { items: data, ...meta?.pagination } : data;
}

const FLEET = 'aegis.edge.fleet';

/** The three of the edge fleet, in both dialects that there have been of their input, and the one that was missing: a result. */
export function edgeFleetOriginals(): McpTool[] {
  const target = {
    description:
      'Target: {"All":null}, {"Node":id}, {"Group":id}, {"Selector":{…}}; or {"kind":"all"|"node"|"group"|"selector", …}.',
  };
  return [
    {
      name: `${FLEET}.list`,
      description: 'Who a target means now, and who is skipped.',
      effect: 'read',
      needs: ['edge-fleet.previewFleet'],
      input: closed({ target }, ['target']),
      run: async ({ call }, input) =>
        shaped(await call('edge-fleet.previewFleet', { body: { target: targetOf(input.target) } }), (facts) => ({
          facts,
        })),
    },
    {
      name: `${FLEET}.invoke`,
      description:
        'Runs a tool on a target. Answers a preview and a pin; called with the pin alone, it starts, and answers the id of the run.',
      effect: 'run',
      isOpenWorld: true,
      needs: ['edge-fleet.previewOrder', 'edge-fleet.startWithPin'],
      input: closed({
        target,
        tool: text('cmd.run, service.restart …'),
        tool_name: text('The same.'),
        args: { type: 'object' },
        policy: { type: 'object' },
        security_context_name: text('Read and ignored: the token decides.'),
        pin: text('In place of everything: starts what was previewed.', 4_096),
      }),
      async run({ call }, { target: written, tool, tool_name, args, policy, pin }) {
        if (pin !== undefined)
          return shaped(await call('edge-fleet.startWithPin', { body: { pin } }), (facts) => ({ facts }));
        const order = {
          on: targetOf(written),
          tool: tool ?? tool_name,
          ...(args !== undefined && { args }),
          ...(policy !== undefined && { policy }),
        };
        return shaped(await call('edge-fleet.previewOrder', { body: order }), (facts) => ({ facts }));
      },
    },
    {
      name: `${FLEET}.cancel`,
      description: 'Ends a run.',
      effect: 'stop',
      needs: ['edge-fleet.cancelFleet'],
      input: closed({ fleet_command_id: text('Id of the run.') }, ['fleet_command_id']),
      run: async ({ call }, { fleet_command_id }) =>
        shaped(
          await call('edge-fleet.cancelFleet', { params: { fleet_command_id: String(fleet_command_id) } }),
          (facts) => ({ facts }),
        ),
    },
    {
      name: `${FLEET}.result`,
      description: 'How a run went on each host, with the last lines each wrote.',
      effect: 'read',
      needs: ['edge-fleet.getRun'],
      input: closed({ fleet_command_id: text('Id of the run.') }, ['fleet_command_id']),
      run: async ({ call }, { fleet_command_id }) =>
        shaped(
          await call('edge-fleet.getRun', { params: { fleet_command_id: String(fleet_command_id) } }),
          (facts) => ({ facts }),
        ),
    },
  ];
}

/** `{"kind":"node","node_id":…}` as `{"Node":…}`; the other dialect is ours. */
function targetOf(written: unknown): unknown {
  const { kind, node_id, id, group_id, selector } = (written ?? {}) as Readonly<Record<string, unknown>>; // looked at field by field
  switch (kind) {
    case 'all':
      return { All: null };
    case 'node':
      return { Node: node_id ?? id };
    case 'group':
      return { Group: group_id ?? id };
    case 'selector':
      return { Selector: selector };
    default:
      return written;
  }
}

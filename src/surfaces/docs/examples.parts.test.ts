/**
 * Every example of the documents is sent to a running controller, in the order of a life: what makes things, what looks at them, what
 * changes them, what ends them. Ids that the controller gives stand in the place of those of the examples.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKey } from '#core/access/create-key.ts';
import { SCOPES } from '#core/access/scopes.ts';
import { type NodeId, newId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { EXAMPLE, type OperationExample } from '#surfaces/http/examples.ts';
import { errorsOf } from '#surfaces/http/operation.ts';
import { OPERATIONS, type ServedOperation } from '#test/guards/all-surfaces.ts';
import { startTestController, type TestController } from '#test/support/controller.ts';
import { METRICS } from '#test/support/node-metrics.ts';
import { contextOf, seedCluster, seedNodes } from '#test/support/seed-nodes.ts';
import { statusOf } from './openapi.ts';

let controller: TestController;
let key: string;
let cookie = '';
/** Example's value → the controller's. */
const real = new Map<string, string>();

beforeEach(async () => {
  real.clear();
  cookie = '';
  controller = await startTestController({
    env: {
      PUBLIC_ENROLLMENT_KEY_ENABLED: 'true',
      DEFAULT_CLUSTER_NAME: 'yard',
      WEBHOOK_ALLOW_PRIVATE_IPS: 'true',
    },
  });
  await seed();
});
afterEach(() => controller?.close());

/** What machines and people make, and no operation does. */
async function seed(): Promise<void> {
  const { db } = controller.database;
  const tenantId = controller.orgId;
  const tenant = { tenantId, slug: 'default', ...(await seedCluster(db, tenantId)) };
  const [node] = (await seedNodes(db, tenant, [{ name: 'web-1', tags: ['web'] }])) as [NodeId];
  const made = { kind: 'scoped', name: 'all', scopes: Object.keys(SCOPES) } as const;
  key = (await createKey(contextOf(tenant), { db }, made)).secret.reveal();
  real.set('grn_0123456789abcdef', key);
  const [session, workspace] = [newId(), newId()];
  await db.execute(sql`
    insert into node_metrics (node_id, received_at, host, daemon)
    values (${node}, now(), ${JSON.stringify(METRICS.host)}, ${JSON.stringify(METRICS.daemon)})`);
  await db.execute(sql`
    insert into terminal_sessions (id, tenant_id, node_id, node_name, subject, caller, door, controller_id, started_at, is_recorded)
    values (${session}, ${tenantId}, ${node}, 'web-1', 'ada', 'ada', 'console', ${newId()}, now(), false)`);
  await db.execute(
    sql`insert into workspaces (id, tenant_id, repo, node_id) values (${workspace}, ${tenantId}, 'harbour/crane', ${node})`,
  );
  for (const [name, status] of [
    [EXAMPLE.dispatch, 'pending'],
    [EXAMPLE.endedDispatch, 'success'],
  ] as const)
    await db.execute(sql`
      insert into dispatches (id, tenant_id, name, agent, model, task, context, workspace_mode, timeout_seconds, status, ended_at, created_by, caller, wishes, budget_demand)
      values (${newId()}, ${tenantId}, ${name}, 'claude', '', 'Make the build pass.', 'minimal', 'ephemeral', 60, ${status},
        ${status === 'success' ? new Date() : null}, 'x', 'x', ${JSON.stringify({ budget: { tokens: 1_000, whenSpent: 'ask' } })}, '{}')`);
  learn({ node, terminalSession: session, workspace, fleetExecution: await executionOfTheFleet() });
  await fetch(`${controller.api}/console/api/session`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ key }) },
  });
  learn({ approval: await heldCommand(node), otherApproval: await heldCommand(node) });
}

/** One that has ended, in a run of the fleet: it has the row of a command, which machines would have written. */
async function executionOfTheFleet(): Promise<string> {
  const { db } = controller.database;
  const id = newId();
  const order = { command_text: 'true', targeting: { type: 'all' } };
  const command = await controller.call<{ data: { id: string } }>('POST', '/api/v1/commands', order, key);
  const { body } = await controller.call<{ pin: string }>('POST', '/v1/previews', { on: 'all', command: 'true' }, key);
  const run = await controller.call<{ fleet_command_id: string }>('POST', '/v1/runs', { pin: body.pin }, key);
  await db.execute(sql`
    insert into executions
    select ended.* from executions, jsonb_populate_record(executions, ${JSON.stringify({
      ...{ id, run_id: run.body.fleet_command_id.slice(2), state: 'finished', outcome: 'ok' },
      ...{ finished_at: new Date().toISOString() },
    })}::jsonb) as ended
    where executions.run_id = ${command.body.data.id}`);
  return id;
}

/** A command that waits for its approval. */
async function heldCommand(node: string): Promise<string> {
  const approval = {
    when: 'always',
    overTargets: null,
    approver: 'self',
    needsReason: false,
    lifeSeconds: 3_600,
  } as const;
  const request = { kind: 'scoped', name: 'held', scopes: ['edge-admin.write'], approval } as const;
  const { secret } = await createKey(contextOf({ tenantId: controller.orgId }), controller.database, request);
  const order = { command_text: 'reboot', targeting: { type: 'nodes', node_ids: [node] } };
  const answer = await controller.call<{ data: { approval: string } }>(
    'POST',
    '/api/v1/commands',
    order,
    secret.reveal(),
  );
  return answer.body.data.approval;
}

function learn(found: Partial<Record<keyof typeof EXAMPLE, string>>): void {
  for (const [name, value] of Object.entries(found)) real.set(EXAMPLE[name as keyof typeof EXAMPLE], value);
}

// ---- the order ----------------------------------------------------------------------------------------------------

interface Made {
  readonly id: string;
  readonly data: { readonly id: string };
}

/** What makes things comes first, in this order, and what it answers is known from then on. */
const MAKES: Readonly<
  Record<string, (body: never, headers: Headers) => Partial<Record<keyof typeof EXAMPLE, string>>>
> = {
  createOrganisation: ({ id }: Made) => ({ org: id }),
  createOrganisationKey: ({ id }: Made) => ({ orgKey: id }),
  createKey: ({ id }: Made) => ({ key: id }),
  createCluster: () => ({}),
  createEnrollmentKey: ({ data }: Made) => ({ enrollmentKey: data.id }),
  createAlias: ({ data }: Made) => ({ alias: data.id }),
  createCommand: ({ data }: Made) => ({ command: data.id }),
  createSelfUpdateRequest: ({ data }: Made) => ({ selfUpdate: data.id }),
  createSshUsername: ({ data }: Made) => ({ sshUsername: data.id }),
  createSshPublicKey: ({ data }: Made) => ({ sshPublicKey: data.id }),
  createWebhook: ({ data }: Made) => ({ webhook: data.id }),
  createAnyWebhook: ({ id }: Made) => ({ anyWebhook: id }),
  createGroup: ({ id }: { id: string }) => ({ group: id.slice(2) }),
  issueEnrollmentToken: () => ({}),
  listEnrollmentTokens: ({ items }: { items: { id: string }[] }) => ({
    enrollmentToken: items[0]?.id ?? '',
  }),
  createConsoleLink: () => ({}),
  openSession: () => ({}),
  listSessions: ({ items }: { items: { id: string; is_own: boolean }[] }) => ({
    consoleSession: items.find(({ is_own }) => !is_own)?.id ?? '',
  }),
  setReleaseKey: () => ({}),
  announceRelease: ({ id }: Made) => ({ release: id }),
  storeRelease: () => ({}),
  registerOutpost: ({ outpost }: { outpost: { id: string } }) => ({ outpost: outpost.id }),
  previewOrder: ({ pin }: { pin: string }) => ({ pin }),
  startWithPin: ({ fleet_command_id }: { fleet_command_id: string }) => ({ run: fleet_command_id.slice(2) }),
  setSecret: () => ({}),
  sendFile: () => ({}),
  listAuthorities: ({ items }: { items: { id: string }[] }) => ({ authority: items[0]?.id ?? '' }),
  listCommandExecutions: ({ data }: { data: { id: string }[] }) => ({ execution: data[0]?.id ?? '' }),
};

/** Ends what others need: last of all, in this order. */
const LAST = [
  ...['deleteSshPublicKey', 'deleteSshUsername', 'deleteAlias', 'cancelCommandExecution', 'deleteCommandExecution'],
  ...[
    'deleteCommand',
    'changeNodeCluster',
    'revokeHost',
    'deleteNode',
    'deleteCluster',
    'removeSecret',
    'endOtherSession',
    'endSession',
  ],
];

function placeOf({ operation: { operationId, method } }: ServedOperation): number {
  const made = Object.keys(MAKES).indexOf(operationId);
  if (made >= 0) return made;
  const last = LAST.indexOf(operationId);
  if (last >= 0) return 4_000 + last;
  return { GET: 1_000, POST: 2_000, PUT: 2_000, PATCH: 2_000, DELETE: 3_000 }[method];
}

/** Examples of what this controller has not, and the refusal that the documents promise then. This list only shrinks. */
const REFUSED: Readonly<Record<string, readonly [number, string]>> = {
  downloadArtifact: [404, 'a ticket is good for minutes'],
  resumeDispatch: [409, 'an agent has to have left a workspace'],
  readFetchedFile: [404, 'a machine has to have sent it'],
  readTerminalRecording: [404, 'somebody has to have used a terminal'],
  admitNode: [404, 'a machine with a certificate of a former life has to wait'],
  startSignIn: [422, 'an issuer has to be configured'],
  finishSignIn: [401, 'a browser has to come from the issuer'],
};

// ---- sending ------------------------------------------------------------------------------------------------------

function withReal<T>(value: T): T {
  let text = JSON.stringify(value ?? null);
  for (const [example, known] of real) text = text.replaceAll(example, known);
  return JSON.parse(text);
}

/** Keys of the contract of outposts come in a header of their own, and browsers with a cookie, from a page of the console. */
function credentialFor(surface: string): Record<string, string> {
  const master = controller.secrets.masterKey.reveal();
  if (surface === 'org-outposts') return { 'x-api-key': master };
  if (surface === 'console')
    return { cookie, 'sec-fetch-site': 'same-origin', ...(cookie === '' && { authorization: `Bearer ${master}` }) };
  return { authorization: `Bearer ${surface === 'edge-fleet' ? key : master}` };
}

async function send({ surface, operation }: ServedOperation) {
  const { method, path, bodyStream } = operation;
  const { params, query, body } = withReal(surface.examples?.[operation.operationId] ?? ({} as OperationExample));
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params?.[name] ?? ''));
  const search = new URLSearchParams(
    Object.entries(query ?? {}).map(([name, value]): [string, string] => [name, String(value)]),
  );
  const stop = new AbortController();
  const answer = await fetch(`${controller.api}${filled}?${search}`, {
    method,
    redirect: 'manual',
    signal: stop.signal,
    headers: {
      ...credentialFor(surface.name),
      ...(body != null && { 'content-type': bodyStream?.contentType ?? 'application/json' }),
    },
    ...(body != null && { body: bodyStream === undefined ? JSON.stringify(body) : String(body) }),
  });
  const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const text = isStream ? '' : await answer.text();
  stop.abort(); // a stream has no end
  const [set] = answer.headers.getSetCookie();
  if (surface.name === 'console' && operation.operationId === 'openSession') cookie = set?.split(';')[0] ?? '';
  return { status: answer.status, headers: answer.headers, text };
}

test('every example works when it is sent, or is refused as the documents say', { timeout: 120_000 }, async () => {
  const wrong: string[] = [];
  for (const served of [...OPERATIONS].sort((left, right) => placeOf(left) - placeOf(right))) {
    const { surface, operation } = served;
    const { operationId } = operation;
    const { status, headers, text } = await send(served);
    const refusal = REFUSED[operationId];
    const documented = new Set([
      ...Object.keys(operation.responses).map(Number),
      ...errorsOf(operation).map((code) => statusOf(surface, code)),
    ]);
    const isAsSaid = refusal === undefined ? status < 400 : status === refusal[0];
    if (!isAsSaid || !documented.has(status))
      wrong.push(`${surface.name}.${operationId}: ${status} ${text.slice(0, 200)}`);
    else if (status < 300) learn(MAKES[operationId]?.(JSON.parse(text || 'null') as never, headers) ?? {}); // as its schema says
  }
  expect(wrong).toEqual([]);
});

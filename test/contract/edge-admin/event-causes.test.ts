/**
 * What causes each event of the contract: each cause is really brought about, and what is told is held against the schema of
 * its payload.
 */
import { createHash, sign } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cloudEvents } from '#adapters/cloud-events/cloud-events.ts';
import { pruneExecutions } from '#core/commands/prune-executions.ts';
import { createEnrollmentKey } from '#core/enrolment/create-enrollment-key.ts';
import { enrolNode } from '#core/enrolment/enrol-node.ts';
import { JoinAttempts } from '#core/enrolment/join-attempts.ts';
import { TokenKeys } from '#core/enrolment/token-keys.ts';
import type { OutboxEvent } from '#core/events/outbox.ts';
import { systemClock } from '#core/kernel/clock.ts';
import type { NodeId } from '#core/kernel/ids.ts';
import { sealedSecrets } from '#core/kernel/sealed-secrets.ts';
import { Secret } from '#core/kernel/secret.ts';
import { sql } from '#core/kernel/sql.ts';
import { STALE_AFTER_MS } from '#core/nodes/presence.ts';
import { tellHealthChanges } from '#core/nodes/tell-health-changes.ts';
import { SshAccess } from '#core/ssh/ssh-access.ts';
import { silentLog } from '#runtime/log.ts';
import { startCertificates } from '#test/support/certificates.ts';
import { readContract } from '#test/support/contracts.ts';
import { type EdgeAdminApp, edgeAdminApp } from '#test/support/edge-admin-app.ts';
import { type Behaviour, FACTS, SimulatedNode } from '#test/support/engine.ts';
import { MemoryBus } from '#test/support/memory-bus.ts';
import { contextOf, seedCluster, seedNodes } from '#test/support/seed-nodes.ts';
import { newSigningRequest } from '#test/support/signing-request.ts';

const contract = readContract('edge-admin.asyncapi');
const format = cloudEvents({ source: 'urn:test', coreName: 'default' });
const ajv = addFormats.default(new Ajv2020({ strict: false }));

let admin: EdgeAdminApp;
let certificates: Awaited<ReturnType<typeof startCertificates>>;

beforeAll(async () => {
  admin = await edgeAdminApp();
  certificates = await startCertificates({ db: admin.database.db, clock: systemClock });
});
afterAll(async () => {
  await certificates.stop();
  await admin.close();
});

const silent: Behaviour = (order, node) => node.start(order.executionId);

/** Brings about the event and returns its subject. */
const CAUSES: Readonly<Record<string, () => Promise<string>>> = {
  'edge.enrollment_key.verified': async () => (await join()).keyId,
  'edge.node.registered': async () => (await join()).nodeId,
  'edge.node.reregistered': async () => rejoin('1.0.0'),
  'edge.node.version_changed': async () => rejoin('2.0.0'),
  'edge.node.status_changed': async () => {
    const [node] = await admin.connect([{}]);
    await tellHealthChanges({ db: admin.database.db, clock: systemClock }, { staleAfterMs: STALE_AFTER_MS });
    return node?.nodeId ?? '';
  },
  'edge.node.cluster_changed': async () => {
    const [id = ''] = await seedNodes(admin.database.db, admin.tenant, [{}]);
    const { clusterName } = await seedCluster(admin.database.db, admin.tenant.tenantId);
    const body = { cluster_name: clusterName };
    expect((await admin.call('PATCH', `/api/v1/nodes/${id}/change_cluster`, { body })).statusCode).toBe(200);
    return id;
  },
  'edge.command_execution.created': () => execution({ isAway: true }),
  'edge.command_execution.sent': () => execution({ behaviour: silent }),
  'edge.command_execution.completed': () => execution({}),
  'edge.command_execution.cancelled': async () => {
    const id = await execution({ isAway: true });
    await admin.call('PATCH', `/api/v1/command_executions/${id}/cancel`);
    return id;
  },
  'edge.command_execution.expired': () => execution({ isAway: true, expiresInMs: 300 }),
  'edge.command_execution.pruned': async () => {
    const id = await execution({});
    await until('edge.command_execution.completed', id);
    await admin.database.db.execute(sql`
      update executions set finished_at = now() - interval '40 days' where id = ${id}`);
    const { db } = admin.database;
    await pruneExecutions(
      { db, clock: systemClock },
      { retentionMs: 30 * 86_400_000, signal: AbortSignal.timeout(60_000) },
    );
    return id;
  },
  'edge.node.update_triggered': async () => (await selfUpdate()).nodeId,
  'edge.self_update_request.completed': async () => (await selfUpdate()).requestId,
  'edge.ssh_username.verified': signIn,
};

/** The node tells it on its session; `test/stories/48-open-ssh` has the whole way. */
async function signIn(): Promise<string> {
  const { db } = admin.database;
  const [nodeId = ''] = await seedNodes(db, admin.tenant, [{}]);
  const body = { username: 'deploy', password: 'correct horse battery' };
  const { id } = (await admin.call('POST', `/api/v1/nodes/${nodeId}/ssh_usernames`, { body })).json().data;
  const audit = { hasRoom: true, record: async () => {} };
  const access = new SshAccess({ db, bus: new MemoryBus(), clock: systemClock, audit, log: silentLog });
  const node = { nodeId: nodeId as NodeId, tenantId: admin.tenant.tenantId };
  const session = access.join(node, undefined, () => {});
  session.attempted({ username: 'deploy', method: 'key', isRight: true, at: undefined, address: undefined });
  await access.stop();
  return id;
}

async function selfUpdate() {
  const [nodeId = ''] = await seedNodes(admin.database.db, admin.tenant, [{}]);
  const node = new SimulatedNode(nodeId as NodeId, silent);
  await node.connect(admin.engine, { ...FACTS, isSelfUpdateEnabled: true });
  const body = { targeting: { type: 'nodes', node_ids: [nodeId] } };
  const requestId = (await admin.call('POST', '/api/v1/self_update_requests', { body })).json().data.id;
  const look = async () => {
    await admin.engine.updates.tell();
    return (await admin.call('GET', `/api/v1/self_update_requests/${requestId}`)).json().data.status;
  };
  await expect.poll(look, { timeout: 20_000, interval: 20 }).toBe('completed');
  return { nodeId, requestId };
}

test('every event of the contract has a cause here', () => {
  expect(Object.keys(CAUSES).toSorted()).toEqual(format.contractNames.toSorted());
  expect(format.contractNames.toSorted()).toEqual(Object.keys(contract.channels).toSorted());
});

test.each(Object.keys(CAUSES))('%s is told when its cause comes, in the form of the contract', async (name) => {
  const subject = await CAUSES[name]?.();
  const event = await until(name, subject ?? '');
  const told = format.encode(event);
  // the address of the project that the contract describes is not ours to claim
  const { source } = contract.components.schemas.Envelope.properties;
  expect(problemsOf('Envelope', { ...told, source: source.const })).toEqual([]);
  expect(problemsOf(payloadSchema(name), told.data)).toEqual([]);
  expect(Object.keys(told.data as object).toSorted()).toEqual(
    Object.keys(contract.components.schemas[payloadSchema(name)].properties).toSorted(),
  );
  expect(told).toMatchObject({ type: name, subject, tenant: admin.tenant.tenantId, sequence: expect.any(String) });
});

test('events of one execution are numbered without a gap, in the order in which they came about', async () => {
  const id = await execution({});
  await until('edge.command_execution.completed', id);
  const told = await eventsOf(id);
  expect(told.map(({ type, sequence }) => [type, sequence])).toEqual([
    ['command_execution.created', 1],
    ['command_execution.sent', 2],
    ['command_execution.completed', 3],
    ['execution.finished', 4],
  ]);
});

async function eventsOf(subject: string): Promise<OutboxEvent[]> {
  return admin.database.db.query<OutboxEvent>(sql`
    select id, tenant_id as "tenantId", type, subject, data, created_at as "createdAt", sequence, txid::text, position
    from events where subject = ${subject} order by txid, position`);
}

async function until(name: string, subject: string): Promise<OutboxEvent> {
  let found: OutboxEvent | undefined;
  await expect
    .poll(
      async () => {
        found = (await eventsOf(subject)).find(({ type }) => format.nameOf(type) === name);
        return found;
      },
      { timeout: 20_000, interval: 20 },
    )
    .toBeDefined();
  return found as OutboxEvent; // the line above has waited for it
}

async function execution(options: { isAway?: boolean; behaviour?: Behaviour; expiresInMs?: number }): Promise<string> {
  const [away = ''] = options.isAway ? await seedNodes(admin.database.db, admin.tenant, [{}]) : [];
  const nodeId = options.isAway ? away : (await admin.connect([{}], options.behaviour))[0]?.nodeId;
  const body = {
    command_text: 'true',
    targeting: { type: 'nodes', node_ids: [nodeId] },
    ...(options.expiresInMs && { expired_at: new Date(Date.now() + options.expiresInMs).toISOString() }),
  };
  const command = (await admin.call('POST', '/api/v1/commands', { body })).json().data;
  const list = await admin.call('GET', `/api/v1/command_executions?command_id=${command.id}`);
  return list.json().data[0].id;
}

async function join(previous?: { nodeId: string; key: (csr: Buffer) => Buffer; version: string }) {
  const { db } = admin.database;
  const ctx = contextOf(admin.tenant);
  const addresses = { publicUrl: 'https://a.example', adminUrls: ['https://a.example'], endpoints: ['a.example:7071'] };
  const tokenKeys = new TokenKeys({ db, secrets: sealedSecrets(certificates.sealer) });
  const deps = {
    ...certificates,
    tokenKeys,
    attempts: new JoinAttempts({ clock: systemClock, burst: 1_000 }),
    addresses,
  };
  const key = await createEnrollmentKey(ctx, deps, {
    clusterName: admin.tenant.clusterName,
    name: 'k',
    usesRemaining: 1,
    expiresAt: null,
  });
  const { csr, privateKey } = newSigningRequest();
  const request = {
    joinSecret: new Secret(key.key.reveal()),
    csr,
    facts: { ...FACTS, version: previous?.version ?? '1.0.0' },
    name: '',
    machineId: '',
    previousNodeId: previous?.nodeId ?? '',
    previousKeySignature: previous?.key(csr) ?? Buffer.alloc(0),
  };
  const { nodeId } = await enrolNode(deps, { request, remoteAddress: '192.0.2.1' });
  return { nodeId: nodeId as NodeId, keyId: key.id, privateKey };
}

async function rejoin(version: string): Promise<string> {
  const first = await join();
  const key = (csr: Buffer) => sign('sha256', createHash('sha256').update(csr).digest(), first.privateKey);
  return (await join({ nodeId: first.nodeId, key, version })).nodeId;
}

function problemsOf(schema: string, value: unknown): unknown[] {
  const check = ajv.compile({ ...contract.components.schemas[schema] });
  return check(value) ? [] : (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const SCHEMAS: readonly (readonly [RegExp, string])[] = [
  [/ssh_username/, 'SshUsernameVerifiedEvent'],
  [/command_execution/, 'CommandExecutionEvent'],
  [/enrollment_key/, 'EnrollmentKeyVerifiedEvent'],
  [/version_changed/, 'NodeVersionChangedEvent'],
  [/status_changed/, 'NodeStatusChangedEvent'],
  [/cluster_changed/, 'NodeClusterChangedEvent'],
  [/update_triggered/, 'NodeUpdateTriggeredEvent'],
  [/self_update_request/, 'SelfUpdateRequestEvent'],
  [/node/, 'NodeEvent'],
];

function payloadSchema(name: string): string {
  return SCHEMAS.find(([pattern]) => pattern.test(name))?.[1] ?? '';
}

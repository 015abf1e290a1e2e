/**
 * Every batch that is shared by nodes, tenants or callers, each with one item that PostgreSQL refuses between two that it
 * takes. What the doors let through is looked at in `surfaces/node-session/frame-extremes.parts.test.ts`.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '#runtime/log.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { FACTS, startTestEngine, type TestEngine } from '#test/support/engine.ts';
import { METRICS } from '#test/support/node-metrics.ts';
import { type SeededTenant, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { KeyUseRecorder } from '../access/key-use-recorder.ts';
import { AuditKeys } from '../audit/audit-keys.ts';
import { AuditWriter } from '../audit/audit-writer.ts';
import { MetricsWriter } from '../metrics/metrics-writer.ts';
import { HeartbeatWriter } from '../outposts/record-heartbeat.ts';
import type { NodeLink } from '../sessions/node-link.ts';
import { systemClock } from './clock.ts';
import { type KeyId, type NodeId, newId } from './ids.ts';
import { sql } from './sql.ts';

let database: TestDatabase;
let tenant: SeededTenant;
let engine: TestEngine;
beforeAll(async () => {
  database = await testDatabase();
  tenant = await seedTenant(database.db);
  engine = await startTestEngine(database.db);
});
afterAll(async () => {
  await engine.stop();
  await database.close();
});

const ITEMS = ['first', 'refused', 'last'] as const;
const isRefused = (place: number) => ITEMS[place] === 'refused';
const NEVER = new Date(Number.NaN);

/** Three nodes with sessions on the engine. */
async function openSessions() {
  const nodeIds = await seedNodes(
    database.db,
    tenant,
    ITEMS.map(() => ({ name: newId() })),
  );
  const link = { welcome: () => {}, close: () => {} } as unknown as NodeLink; // the rest is not called
  const greeting = { facts: FACTS, running: [], unacknowledged: [], freeSlots: 1 };
  const sessions = await Promise.all(nodeIds.map((nodeId) => engine.sessions.open(nodeId, '', greeting, link)));
  const read = async (column: 'free_slots' | 'hostname') => {
    const rows = await database.db.query<{ id: NodeId; free_slots: number; hostname: string }>(
      sql`select id, free_slots, hostname from nodes where id = any (${nodeIds}::uuid[])`,
    );
    return nodeIds.map((nodeId) => rows.find(({ id }) => id === nodeId)?.[column]);
  };
  return { sessions, nodeIds, read };
}

test('heartbeats', async () => {
  const { sessions, read } = await openSessions();
  sessions.forEach((session, place) => {
    engine.sessions.pulse(session, { isHealthy: true, problems: [], freeSlots: isRefused(place) ? 2 ** 32 : 7 });
  });
  await expect.poll(() => read('free_slots')).toEqual([7, 1, 7]);
});

test('changed facts', async () => {
  const { sessions, read } = await openSessions();
  sessions.forEach((session, place) => {
    engine.sessions.factsChanged(session, { ...FACTS, hostname: isRefused(place) ? '\0' : 'new' });
  });
  await expect.poll(() => read('hostname')).toEqual(['new', 'simulated', 'new']);
});

test('figures', async () => {
  const { nodeIds } = await openSessions();
  const refused: unknown[] = [];
  const { db } = database;
  const writer = new MetricsWriter({ db, clock: systemClock, onRefused: (error) => refused.push(error) });
  const epochs = await db.query<{ id: NodeId; session_epoch: number }>(
    sql`select id, session_epoch from nodes where id = any (${nodeIds}::uuid[])`,
  );
  for (const { id: nodeId, session_epoch: epoch } of epochs) {
    const sensor = isRefused(nodeIds.indexOf(nodeId)) ? '\0' : 'cpu';
    const host = { ...METRICS.host, temperatures: [{ sensor, celsius: 1 }] };
    writer.put({ nodeId, epoch }, { ...METRICS, host });
  }
  await writer.flush();
  const rows = await db.query<{ node_id: NodeId }>(
    sql`select node_id from node_metrics where node_id = any (${nodeIds}::uuid[])`,
  );
  expect(rows.map((row) => row.node_id).toSorted()).toEqual([nodeIds[0], nodeIds[2]].toSorted());
  expect(refused).toHaveLength(1);
});

test('audit entries', async () => {
  const lines: object[] = [];
  const writer = new AuditWriter({
    db: database.db,
    log: { ...silentLog, error: (facts) => lines.push(facts) },
    clock: systemClock,
    keys: new AuditKeys(Buffer.alloc(32)),
  });
  const { tenantId } = await seedTenant(database.db);
  const entries = ITEMS.map((action, place) => ({
    tenantId,
    action,
    subject: 'key-1',
    object: undefined,
    address: undefined,
    outcome: 'ok' as const,
    requestId: newId(),
    facts: isRefused(place) ? { name: '\0' } : {},
    at: new Date(),
  }));
  await Promise.all(entries.map((entry) => writer.record(entry)));
  await writer.stop();
  const rows = await database.db.query<{ action: string }>(
    sql`select action from audit where tenant_id = ${tenantId} order by chain_position`,
  );
  expect(rows.map(({ action }) => action)).toEqual(['first', 'last']);
  expect(lines).toMatchObject([{ audit: entries[1] }]);
});

test('uses of keys', async () => {
  const { db } = database;
  const ids = ITEMS.map(() => newId<KeyId>());
  await db.execute(sql`
    insert into api_keys (id, tenant_id, kind, name, hash, hint, scopes)
    select id, ${tenant.tenantId}, 'api', 'k', sha256(id::text::bytea), '', '{}' from unnest(${ids}::uuid[]) as given (id)`);
  const recorder = new KeyUseRecorder(db);
  const at = new Date('2026-03-01T10:00:00Z');
  ids.forEach((id, place) => {
    recorder.record(id, isRefused(place) ? NEVER : at);
  });
  await expect(recorder.flush()).rejects.toMatchObject({ code: '22007' });
  const rows = await db.query<{ id: KeyId; last_used_at: Date | null }>(
    sql`select id, last_used_at from api_keys where id = any (${ids}::uuid[])`,
  );
  expect(ids.map((id) => rows.find((row) => row.id === id)?.last_used_at)).toEqual([at, null, at]);
  await recorder.flush();
});

test('heartbeats of outposts', async () => {
  const writer = new HeartbeatWriter({ db: database.db });
  const beats = ITEMS.map((version, place) =>
    writer.write({
      tenantId: tenant.tenantId,
      id: newId<NodeId>(),
      at: isRefused(place) ? NEVER : new Date(),
      telemetry: {
        version,
        policyVersion: '1',
        dlpModelVersion: '1',
        pendingAuditEvents: 0,
        isTier3Active: false,
        uptimeSeconds: 1,
        lastSyncAt: null,
      },
    }),
  );
  const outcomes = await Promise.allSettled(beats);
  expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.status))).toEqual([
    'unknown',
    'rejected',
    'unknown',
  ]);
  await writer.stop();
});

test('greetings', async () => {
  const nodeIds = await seedNodes(
    database.db,
    tenant,
    ITEMS.map(() => ({ name: newId() })),
  );
  const link = { welcome: () => {}, close: () => {} } as unknown as NodeLink; // the rest is not called
  const outcomes = await Promise.allSettled(
    nodeIds.map((nodeId, place) => {
      const greeting = { facts: FACTS, running: [], unacknowledged: [], freeSlots: isRefused(place) ? 2 ** 32 : 1 };
      return engine.sessions.open(nodeId, '', greeting, link);
    }),
  );
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { createKey } from '#core/access/create-key.ts';
import { KeyRing } from '#core/access/key-ring.ts';
import type { AuditEntry } from '#core/audit/audit-trail.ts';
import { IdempotencyStore } from '#core/idempotency/idempotency-store.ts';
import { systemClock } from '#core/kernel/clock.ts';
import type { NodeId } from '#core/kernel/ids.ts';
import { Sealer } from '#core/kernel/sealer.ts';
import { Secret } from '#core/kernel/secret.ts';
import { MetricsWriter } from '#core/metrics/metrics-writer.ts';
import type { NodeMetrics } from '#core/metrics/node-metrics.ts';
import { NodeSecretsReader } from '#core/nodes/node-secrets.ts';
import { STALE_AFTER_MS } from '#core/nodes/presence.ts';
import { readProcessFigures } from '#runtime/process-figures.ts';
import type { EdgeAdminDeps, EdgeAdminSettings } from '#surfaces/edge-admin/deps.ts';
import { edgeAdminSurface } from '#surfaces/edge-admin/surface.ts';
import type { HttpAppOptions } from '#surfaces/http/plumbing.ts';
import { type TestDatabase, testDatabase } from './database.ts';
import { type Behaviour, SimulatedNode, startTestEngine, type TestEngine } from './engine.ts';
import { startTestEvents } from './events.ts';
import { METRICS } from './node-metrics.ts';
import { contextOf, type NodeSeed, type SeededTenant, seedNodes, seedTenant } from './seed-nodes.ts';
import { publicPrincipal, testHttpApp } from './test-http-app.ts';

export const MASTER_KEY = `master_${'1'.repeat(64)}`;
export const METRICS_KEY = `metrics_${'3'.repeat(64)}`;
export const API_KEY = `api_${'2'.repeat(64)}`;

/** The surface with a real database and a real engine; nodes are simulated, callers hold real keys. */
export interface EdgeAdminApp {
  readonly database: TestDatabase;
  readonly engine: TestEngine;
  readonly app: FastifyInstance;
  readonly audited: AuditEntry[];
  readonly tenant: SeededTenant;
  readonly stranger: SeededTenant;
  /** `/metrics`, as far as events go. */
  collectMetrics(): Promise<string>;
  /** With the API key, unless `as` says otherwise. */
  call(method: Method, path: string, options?: CallOptions): Promise<LightMyRequestResponse>;
  /** A token with these scopes, of the tenant or another. */
  token(scopes: readonly string[], tenant?: SeededTenant): Promise<string>;
  connect(seeds: readonly NodeSeed[], behaviour?: Behaviour): Promise<SimulatedNode[]>;
  /** Figures of a connected node, told and written. */
  report(node: SimulatedNode, metrics?: NodeMetrics): Promise<void>;
  close(): Promise<void>;
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface CallOptions {
  readonly body?: unknown;
  /** A key; null: none. */
  readonly as?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

const TUNNELS = {
  open: 1,
  opened: 5,
  refused: 2,
  unauthenticated: 1,
  closed: { normal: 3, deadline: 1, drained: 0 },
  bytesUp: 3 << 20,
  bytesDown: 10,
};

export async function edgeAdminApp(
  settings: Partial<EdgeAdminSettings> = {},
  options: Partial<HttpAppOptions> = {},
  adminUrl = 'https://relay.example.com',
): Promise<EdgeAdminApp> {
  const database = await testDatabase();
  const { db } = database;
  const engine = await startTestEngine(db);
  const [tenant, stranger] = [await seedTenant(db), await seedTenant(db)];
  const sealer = new Sealer(Buffer.alloc(32, 7));
  const events = await startTestEvents(db, sealer);
  const deps: EdgeAdminDeps = {
    ...engine.deps,
    ...events.deps,
    sealer,
    nodeSecrets: new NodeSecretsReader({ db, sealer }),
    sessions: engine.sessions,
    revokedSerials: { tell: () => undefined },
    revocationLists: { publish: async () => undefined as never }, // nobody looks at it here
    addresses: { adminUrls: [adminUrl], endpoints: ['relay.example.com:7071'] },
    authorities: { rootSha256: 'ab'.repeat(32) },
    keyRing: new KeyRing({
      db,
      clock: systemClock,
      systemTenantId: tenant.tenantId,
      configured: { master: new Secret(MASTER_KEY), api: new Secret(API_KEY), metrics: new Secret(METRICS_KEY) },
    }),
    ssh: { changed: () => {} },
    presence: { staleAfterMs: STALE_AFTER_MS },
    systemTenantId: tenant.tenantId,
    readOwnMetrics: () => ({
      process: readProcessFigures(),
      broker: undefined,
      webhooks: events.deps.readWebhookMetrics(),
      executionsDelivered: engine.sessions.deliveredTotal,
      executionsEnded: engine.writer.endedTotal,
      selfUpdatesCompleted: engine.updates.completedTotal,
      sessionsOpen: engine.sessions.size,
      eventStreamsOpen: 0,
      queues: { 'execution writer': engine.writer.depth },
      tunnels: { proxy: TUNNELS, tunnel: TUNNELS, terminal: TUNNELS },
      sshVerifications: { total: 3, failed: 1 },
      databaseConnections: { total: 1, idle: 0, waiting: 0 },
    }),
    settings: {
      adminClusterName: 'main',
      defaultClusterName: tenant.clusterName,
      isPublicKeyEnabled: true,
      ...settings,
    },
  };
  const metrics = new MetricsWriter({ db, clock: systemClock, onRefused: () => {} });
  const { app, audited } = await testHttpApp([edgeAdminSurface(deps)], {
    clock: systemClock,
    idempotency: new IdempotencyStore({ db, clock: systemClock, sealer }),
    publicPrincipal: publicPrincipal(tenant.tenantId),
    ...options,
  });
  return {
    database,
    engine,
    app,
    audited,
    tenant,
    stranger,
    collectMetrics: async () => (await events.telemetry.collect()).text,
    call: (method, path, { body, as = API_KEY, headers = {} } = {}) =>
      app.inject({
        method,
        url: path,
        headers: {
          ...(as !== null && { authorization: `Bearer ${as}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    async token(scopes, holder = tenant) {
      const created = await createKey(contextOf(holder), { db }, { kind: 'scoped', name: 'test', scopes });
      return created.secret.reveal();
    },
    async connect(seeds, behaviour) {
      const nodes = (await seedNodes(db, tenant, seeds)).map((id: NodeId) => new SimulatedNode(id, behaviour));
      await Promise.all(nodes.map((node) => node.connect(engine)));
      return nodes;
    },
    async report({ session }, told = METRICS) {
      if (session === undefined) throw new Error('the node is not connected');
      metrics.put(session, told);
      await metrics.flush();
    },
    async close() {
      await app.close();
      await events.stop();
      await engine.stop();
      await database.close();
    },
  };
}

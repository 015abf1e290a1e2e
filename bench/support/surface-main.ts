/** One server of the benches of lists and previews: a surface of ours over a database, or a bare Fastify route over it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import Fastify from 'fastify';
import pg from 'pg';
import { clientConfig } from '#adapters/postgres/connection.ts';
import { openDatabase } from '#adapters/postgres/database.ts';
import { KeyRing } from '#core/access/key-ring.ts';
import { systemClock } from '#core/kernel/clock.ts';
import type { Principal } from '#core/kernel/context.ts';
import type { TenantId } from '#core/kernel/ids.ts';
import { Sealer } from '#core/kernel/sealer.ts';
import { Secret } from '#core/kernel/secret.ts';
import { NodeSecretsReader } from '#core/nodes/node-secrets.ts';
import { STALE_AFTER_MS } from '#core/nodes/presence.ts';
import { RunSignals } from '#core/runs/run-signals.ts';
import type { EdgeAdminDeps } from '#surfaces/edge-admin/deps.ts';
import { edgeAdminSurface } from '#surfaces/edge-admin/surface.ts';
import type { EdgeFleetDeps } from '#surfaces/edge-fleet/deps.ts';
import { edgeFleetSurface } from '#surfaces/edge-fleet/surface.ts';
import type { Surface } from '#surfaces/http/surface.ts';
import { testHttpApp } from '../../test/support/test-http-app.ts';
import { serveParent } from './child.ts';
import { BENCH_KEY, type SurfacePlace } from './surface-server.ts';

const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();

serveParent<SurfacePlace>({
  listen: (place) => (place.which === 'bare' ? listenBare(place) : listenSurface(surfaceOf(place))),
  cpuSeconds: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
  resetDelays: () => delays.reset(),
  longestDelayMs: () => delays.max / 1e6,
});

/** Beside the database and the tenant, lists and previews take nothing that matters. */
function surfaceOf({ which, connection, tenantId }: SurfacePlace): Surface {
  const db = openDatabase({ connection });
  if (which === 'edge-fleet') {
    const principal: Principal = {
      kind: 'user',
      subject: 'bench',
      name: 'bench',
      tenantId,
      scopes: 'all',
      isMaster: false,
    };
    const deps = { db, signals: new RunSignals(), signIn: async () => principal };
    return edgeFleetSurface(deps as unknown as EdgeFleetDeps);
  }
  const configured = { api: new Secret(BENCH_KEY) };
  const sealer = new Sealer(Buffer.alloc(32));
  const deps = {
    db,
    sealer,
    nodeSecrets: new NodeSecretsReader({ db, sealer }),
    keyRing: new KeyRing({ db, clock: systemClock, systemTenantId: tenantId, configured }),
    presence: { staleAfterMs: STALE_AFTER_MS },
    settings: { adminClusterName: 'bench', defaultClusterName: undefined, isPublicKeyEnabled: false },
  };
  return edgeAdminSurface(deps as unknown as EdgeAdminDeps);
}

async function listenSurface(surface: Surface): Promise<number> {
  const { app } = await testHttpApp([surface], { isCheckingAnswers: false });
  const server = createServer((request, response) => app.routing(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port; // it listens on a port
}

/** The list of nodes as somebody writes it who has no other list to write. */
async function listenBare({ connection, tenantId }: SurfacePlace): Promise<number> {
  const pool = new pg.Pool({ ...clientConfig(connection, 'bare'), max: 10 });
  const app = Fastify();
  app.get<{ Querystring: BareQuery }>('/nodes', { schema: { querystring: BARE_QUERY } }, async ({ query }) => {
    const { where, values } = bareConditions(tenantId, query);
    const page = `select nodes.id, nodes.name, clusters.name as cluster_name, id_type, nodes.version, self_update_enabled, ports,
        session_controller_id, lease_until, is_healthy, revoked_at, overlay_host_id, last_seen_at, enrolled_at, nodes.updated_at
      from nodes join clusters on clusters.id = nodes.cluster_id
        left join controllers on controllers.id = nodes.session_controller_id
      where ${where} order by enrolled_at desc, nodes.id limit 20 offset ${(query.page - 1) * 20}`;
    const [{ rows }, total] = await Promise.all([
      pool.query(page, values),
      pool.query(`select count(*)::int as count from nodes where ${where}`, values),
    ]);
    return { data: rows, total: total.rows[0].count };
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port; // it listens on a port
}

interface BareQuery {
  readonly page: number;
  readonly version?: string;
  readonly self_update_enabled?: boolean;
}

const BARE_QUERY = {
  type: 'object',
  properties: {
    page: { type: 'integer', minimum: 1, default: 1 },
    version: { type: 'string' },
    self_update_enabled: { type: 'boolean' },
  },
};

function bareConditions(tenantId: TenantId, { version, self_update_enabled }: BareQuery) {
  const values: unknown[] = [tenantId];
  let where = 'nodes.tenant_id = $1';
  if (version !== undefined) where += ` and nodes.version = any ($${values.push(version.split(','))})`;
  if (self_update_enabled !== undefined) where += ` and self_update_enabled = $${values.push(self_update_enabled)}`;
  return { where, values };
}

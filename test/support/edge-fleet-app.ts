import { generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { FileArtifactStore } from '#adapters/artifacts/file-artifact-store.ts';
import { ArtifactTickets } from '#core/artifacts/artifact-tickets.ts';
import type { AuditEntry } from '#core/audit/audit-trail.ts';
import { heldDispatches } from '#core/dispatches/held-dispatches.ts';
import { systemClock } from '#core/kernel/clock.ts';
import type { Principal } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { NodeId } from '#core/kernel/ids.ts';
import { heldRuns } from '#core/runs/held-runs.ts';
import type { ToolCatalogue } from '#core/runs/start-run.ts';
import { commandText } from '#protocol/tools/command-text.ts';
import type { EdgeFleetDeps } from '#surfaces/edge-fleet/deps.ts';
import { edgeFleetSurface } from '#surfaces/edge-fleet/surface.ts';
import type { HttpAppOptions } from '#surfaces/http/plumbing.ts';
import { bearerCredential, header } from '#surfaces/http/request.ts';
import { type TestDatabase, testDatabase } from './database.ts';
import { type Behaviour, SimulatedNode, startTestEngine, type TestEngine } from './engine.ts';
import { type NodeSeed, type SeededTenant, seedNodes, seedTenant } from './seed-nodes.ts';
import { testHttpApp } from './test-http-app.ts';

/** The surface with a real database and a real engine; nodes are simulated, callers are known by what they say. */
export interface EdgeFleetApp {
  readonly database: TestDatabase;
  readonly engine: TestEngine;
  readonly app: FastifyInstance;
  readonly audited: AuditEntry[];
  readonly tenant: SeededTenant;
  readonly stranger: SeededTenant;
  /** As somebody of the tenant who may do everything, unless `as` says otherwise. */
  call(method: Method, path: string, options?: CallOptions): Promise<LightMyRequestResponse>;
  connect(seeds: readonly NodeSeed[], behaviour?: Behaviour): Promise<SimulatedNode[]>;
  close(): Promise<void>;
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface CallOptions {
  readonly body?: unknown;
  readonly as?: SeededTenant;
  /** Default: all. */
  readonly scopes?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Somebody else of the tenant. */
  readonly person?: string;
  /** The policy of the token. */
  readonly policy?: Pick<Principal, 'approval' | 'budget'>;
}

const TOOLS: ToolCatalogue = {
  has: (tool) => tool === 'cmd.run' || tool === 'host.facts',
  isReadOnly: (tool) => tool === 'host.facts',
  secretArguments: () => ['stdin'],
  commandText,
  checkArgs: (_, args) =>
    typeof args === 'object' && args !== null && 'bad' in args ? { 'args.bad': ['is not an argument'] } : undefined,
};

export async function edgeFleetApp({
  outputLimitBytes,
  ...options
}: Partial<HttpAppOptions> & { outputLimitBytes?: number } = {}): Promise<EdgeFleetApp> {
  const database = await testDatabase();
  const { db } = database;
  const engine = await startTestEngine(db, { outputLimitBytes });
  const [tenant, stranger] = [await seedTenant(db), await seedTenant(db)];
  const deps: EdgeFleetDeps = {
    ...engine.deps,
    tools: TOOLS,
    signals: engine.signals,
    held: {
      run: heldRuns({ db, clock: systemClock, engine: engine.deps.engine }),
      dispatch: heldDispatches({ db, queue: { nudge: () => undefined } }),
    },
    sessions: engine.sessions,
    revokedSerials: { tell: () => undefined },
    revocationLists: { publish: async () => undefined as never }, // nobody looks at it here
    tokenKeys: { signing: async () => ({ kid: 'k', ...generateKeyPairSync('ed25519') }) },
    addresses: {
      publicUrl: 'https://relay.example.com',
      adminUrls: ['https://relay.example.com'],
      endpoints: ['relay.example.com:7071'],
    },
    files: {
      fetchedName: 'fs.get',
      artifacts: {
        ...{ db, clock: systemClock, keptBy: null, requireRoom: () => undefined },
        store: new FileArtifactStore(join(tmpdir(), 'garrison-no-artifacts')), // nobody stores anything here
        limits: { maxBytes: 0, maxBytesOfOwner: 0, keepForMs: 0 },
      },
      tickets: new ArtifactTickets(Buffer.alloc(32), systemClock),
    },
    authorities: { rootSha256: 'ab'.repeat(32) },
    signIn: async (request) => {
      const said = whoSays(bearerCredential(request), header(request, 'x-tenant-id'), [tenant, stranger]);
      const person = header(request, 'x-test-person');
      const policy = JSON.parse(header(request, 'x-test-policy') ?? '{}');
      return { ...said, ...(person !== undefined && { subject: person, name: person }), ...policy };
    },
  };
  const { app, audited } = await testHttpApp([edgeFleetSurface(deps)], { clock: systemClock, ...options });
  return {
    database,
    engine,
    app,
    audited,
    tenant,
    stranger,
    call: (method, path, { body, as = tenant, scopes, headers = {}, person, policy } = {}) =>
      app.inject({
        method,
        url: path,
        headers: {
          authorization: `Bearer ${credential(as, scopes)}`,
          ...(person !== undefined && { 'x-test-person': person }),
          ...(policy !== undefined && { 'x-test-policy': JSON.stringify(policy) }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    async connect(seeds, behaviour) {
      const nodes = (await seedNodes(db, tenant, seeds)).map((id: NodeId) => new SimulatedNode(id, behaviour));
      await Promise.all(nodes.map((node) => node.connect(engine)));
      return nodes;
    },
    async close() {
      await app.close();
      await engine.stop();
      await database.close();
    },
  };
}

/** What `signIn` of this app reads: the tenant and the scopes. */
export function credential({ slug }: SeededTenant, scopes?: readonly string[]): string {
  return [slug, ...(scopes ?? ['*'])].join(',');
}

function whoSays(said: string | undefined, actFor: string | undefined, tenants: readonly SeededTenant[]): Principal {
  const [slug, ...scopes] = said?.split(',') ?? [];
  const tenant = tenants.find((one) => one.slug === slug);
  if (tenant === undefined) throw new FleetError('unauthenticated', 'a valid token is needed');
  if (actFor !== undefined && actFor !== slug) throw new FleetError('forbidden', 'you may not act for this tenant');
  return {
    kind: 'user',
    subject: `tester-${slug}`,
    name: 'tester',
    tenantId: tenant.tenantId,
    scopes: scopes.includes('*') ? 'all' : new Set(scopes),
    isMaster: false,
  };
}

export interface SentEvent {
  readonly id: string;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into data of every form
  readonly data: any;
}

/** The events in the text of a stream; comments are left out. */
export function readEvents(text: string): SentEvent[] {
  return text
    .split('\n\n')
    .map((block) => Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2))))
    .filter((fields) => fields.event !== undefined)
    .map(({ id, event, data }) => ({ id, event, data: JSON.parse(data) }));
}

import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { KeyRing } from '#core/access/key-ring.ts';
import type { AuditEntry } from '#core/audit/audit-trail.ts';
import { ClientCertificates } from '#core/certificates/client-certificates.ts';
import { ControllerCertificate } from '#core/certificates/controller-certificate.ts';
import { IdempotencyStore } from '#core/idempotency/idempotency-store.ts';
import { type Clock, systemClock } from '#core/kernel/clock.ts';
import type { NodeId, TenantId } from '#core/kernel/ids.ts';
import { Secret } from '#core/kernel/secret.ts';
import { INACTIVE_AFTER_MS } from '#core/outposts/outpost.ts';
import { OutpostDesk } from '#core/outposts/outpost-desk.ts';
import { HeartbeatWriter } from '#core/outposts/record-heartbeat.ts';
import type { CutReason } from '#core/sessions/session-cutter.ts';
import { createOrg } from '#core/tenants/create-org.ts';
import { type Log, silentLog } from '#runtime/log.ts';
import { HttpListeners } from '#surfaces/http/listeners.ts';
import type { HttpAppOptions } from '#surfaces/http/plumbing.ts';
import type { OrgOutpostsDeps } from '#surfaces/org-outposts/deps.ts';
import { orgOutpostsSurface } from '#surfaces/org-outposts/surface.ts';
import { startCertificates } from './certificates.ts';
import { type TestDatabase, testDatabase } from './database.ts';
import { contextOf } from './seed-nodes.ts';
import { testHttpApp } from './test-http-app.ts';

export interface TestOrg {
  readonly id: TenantId;
  readonly key: string;
}

export interface Bundle {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every form
  readonly outpost: any;
  readonly client_cert: string;
  readonly client_key: string;
  readonly ca_bundle: string;
}

export interface OrgOutpostsApp {
  readonly database: TestDatabase;
  readonly app: FastifyInstance;
  readonly deps: OrgOutpostsDeps;
  readonly services: Awaited<ReturnType<typeof startCertificates>>;
  readonly org: TestOrg;
  readonly other: TestOrg;
  readonly masterKey: string;
  readonly audited: AuditEntry[];
  /** The sessions that were cut. */
  readonly cuts: { readonly nodeId: NodeId; readonly reason: CutReason }[];
  /** With the key of `org`, unless `headers` has another credential. */
  call(method: Method, path: string, options?: CallOptions): Promise<LightMyRequestResponse>;
  register(overrides?: Readonly<Record<string, unknown>>): Promise<Bundle>;
  /** Paths of an outpost of `org`. */
  path(outpostId: string, rest?: string): string;
  /** Path of the outposts of `org`. */
  readonly list: string;
  /** The record of an outpost. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  read(outpostId: string): Promise<any>;
  /** A heartbeat by key. */
  beat(outpostId: string, body?: unknown): Promise<LightMyRequestResponse>;
  /** A heartbeat as nginx forwards it with a client certificate; from `PROXY` unless it says otherwise. */
  beatByProxy(outpostId: string, certificate: string, options?: ProxiedBeat): Promise<LightMyRequestResponse>;
  /** Opens real sockets, plain and TLS, on the loopback. */
  listen(): Promise<{ readonly plainPort: number; readonly tlsPort: number }>;
  close(): Promise<void>;
}

type Method = 'GET' | 'POST' | 'DELETE';

export interface CallOptions {
  readonly body?: unknown;
  /** `x-api-key` here takes the place of the org's; null sends none. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string | null;
  readonly from?: string;
}

export interface ProxiedBeat {
  readonly from?: string;
  /** Default: none. */
  readonly key?: string | null;
  readonly path?: string;
}

/** Whose forwarded certificates are believed where a test says so with `trustedProxies`. */
export const PROXY = '192.0.2.80';

export const MINIMAL_BEAT = { version: '1.0.0', uptime: 0 };

export interface OrgOutpostsAppOptions extends Partial<HttpAppOptions> {
  readonly clock?: Clock;
  readonly log?: Log;
}

/** The surface with a real database and real certificates; the run engine and live sessions are not part of it. */
export async function orgOutpostsApp(options: OrgOutpostsAppOptions = {}): Promise<OrgOutpostsApp> {
  const { clock = systemClock, log = silentLog } = options;
  const database = await testDatabase();
  const { db } = database;
  const services = await startCertificates({ db, clock });
  const masterKey = `master_${'a'.repeat(64)}`;
  const keyRing = new KeyRing({
    db,
    clock,
    systemTenantId: services.systemTenantId,
    configured: { master: new Secret(masterKey) },
    memoryMs: 0,
  });
  const cuts: { nodeId: NodeId; reason: CutReason }[] = [];
  const outpostDesk = new OutpostDesk(services);
  const heartbeats = new HeartbeatWriter({ db });
  const deps: OrgOutpostsDeps = {
    ...services,
    keyRing,
    outpostDesk,
    heartbeats,
    clientCertificates: new ClientCertificates(services),
    inactiveAfterMs: INACTIVE_AFTER_MS,
    engine: { runChanged: () => undefined },
    sessions: {
      cutSessions: async (nodeIds, reason) => void cuts.push(...nodeIds.map((nodeId) => ({ nodeId, reason }))),
    },
  };
  const surfaces = [orgOutpostsSurface(deps)];
  const idempotency = new IdempotencyStore({ db, clock, sealer: services.sealer });
  const { app, audited } = await testHttpApp(surfaces, { clock, log, idempotency, ...options });
  const founder = contextOf({ tenantId: services.systemTenantId }, clock);
  const newOrg = async (name: string): Promise<TestOrg> => {
    const { org, key } = await createOrg(founder, { db }, { name });
    return { id: org.id, key: key.secret.reveal() };
  };
  const [org, other] = [await newOrg('Acme'), await newOrg('Other')];
  const toStop: { stop(): Promise<void> }[] = [];
  const path = (outpostId: string, rest = '') => `/v1/orgs/${org.id}/outposts/${outpostId}${rest}`;

  const call: OrgOutpostsApp['call'] = (method, url, { body, headers = {}, key = org.key, from } = {}) =>
    app.inject({
      method,
      url,
      ...(from !== undefined && { remoteAddress: from }),
      headers: {
        ...(key !== null && { 'x-api-key': key }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    });

  return {
    database,
    app,
    deps,
    services,
    org,
    other,
    masterKey,
    audited,
    cuts,
    call,
    path,
    list: `/v1/orgs/${org.id}/outposts`,
    read: async (outpostId) => (await call('GET', path(outpostId))).json(),
    beat: (outpostId, body = MINIMAL_BEAT) => call('POST', path(outpostId, '/heartbeat'), { body }),
    beatByProxy: (
      outpostId,
      certificate,
      { from = PROXY, key = null, path: to = path(outpostId, '/heartbeat') } = {},
    ) => call('POST', to, { body: MINIMAL_BEAT, key, from, headers: { 'x-ssl-client-cert': certificate } }),
    async register(overrides = {}) {
      const body = { outpost_name: 'east', region: 'eu-1', ...overrides };
      const answer = await call('POST', `/v1/orgs/${org.id}/outposts`, { body });
      if (answer.statusCode !== 201) throw new Error(`registration answered ${answer.statusCode}: ${answer.body}`);
      return answer.json();
    },
    async listen() {
      const names = { commonName: 'test', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
      const certificate = new ControllerCertificate({ ...services, ...names });
      await certificate.start();
      const { chainPem, privateKeyPem } = certificate.current;
      const local = { host: '127.0.0.1', port: 0 };
      const credentials = {
        certificateChain: chainPem,
        privateKey: privateKeyPem.reveal(),
        clientAuthorities: services.authorities.bundlePem,
      };
      const listeners = new HttpListeners({ app, surfaces, log, plain: local, tls: { ...local, credentials } });
      await listeners.start();
      toStop.push(listeners, certificate);
      return { plainPort: listeners.plainAddress?.port ?? 0, tlsPort: listeners.tlsAddress?.port ?? 0 };
    },
    async close() {
      for (const one of toStop) await one.stop();
      await app.close();
      await Promise.all([outpostDesk.stop(), heartbeats.stop()]);
      await services.stop();
      await database.close();
    },
  };
}

/** A heartbeat over mutual TLS, on a connection of its own. */
export async function beatOverTls(
  { org }: Pick<OrgOutpostsApp, 'org'>,
  port: number,
  { outpostId, cert, key, ca, headers = {} }: BeatOverTls,
): Promise<{ readonly status: number; readonly body: string }> {
  const request = httpsRequest({
    host: 'localhost',
    port,
    method: 'POST',
    path: `/v1/orgs/${org.id}/outposts/${outpostId}/heartbeat`,
    agent: false,
    ca,
    ...(cert !== undefined && { cert, key }),
    headers: { 'content-type': 'application/json', ...headers },
  });
  request.end(JSON.stringify(MINIMAL_BEAT));
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  request.on('error', reject);
  request.on('response', async (response) => resolve({ status: response.statusCode ?? 0, body: await text(response) }));
  return promise;
}

export interface BeatOverTls {
  readonly outpostId: string;
  readonly cert?: string;
  readonly key?: string;
  readonly ca: string;
  readonly headers?: Readonly<Record<string, string>>;
}

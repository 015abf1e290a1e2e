/**
 * Puts the parts of a controller together and starts them in the order in which they need each other; `stop` goes the other
 * way: the doors close first, then what they called, the database last.
 *
 * Order that matters: sessions of a former life are closed before the node listener opens; both listeners are bound before
 * the first join secret can be issued, because secrets carry their addresses; runs are taken over last, when nodes can be reached.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { DnsServer } from '#adapters/dns/dns-server.ts';
import { pki } from '#adapters/pki/pki.ts';
import { createTelemetry } from '#adapters/telemetry/prometheus.ts';
import { KeyRing } from '#core/access/key-ring.ts';
import { KeyUseRecorder } from '#core/access/key-use-recorder.ts';
import { AuditWriter } from '#core/audit/audit-writer.ts';
import { Authorities } from '#core/certificates/authorities.ts';
import { ClientCertificates } from '#core/certificates/client-certificates.ts';
import { ControllerCertificate } from '#core/certificates/controller-certificate.ts';
import { NodeRenewals } from '#core/certificates/node-renewals.ts';
import { RevocationLists } from '#core/certificates/revocation-lists.ts';
import { RevokedSerials } from '#core/certificates/revoked-serials.ts';
import { ensureDefaultCluster } from '#core/clusters/ensure-default-cluster.ts';
import { homeCluster } from '#core/clusters/home-cluster.ts';
import { overlayNames } from '#core/clusters/overlay-names.ts';
import { DatabaseClock } from '#core/controllers/database-clock.ts';
import { ControllerLease } from '#core/controllers/lease.ts';
import { makeDays } from '#core/days/make-days.ts';
import { issueEnrollmentToken } from '#core/enrolment/issue-enrollment-token.ts';
import { JoinAttempts } from '#core/enrolment/join-attempts.ts';
import { TokenKeys } from '#core/enrolment/token-keys.ts';
import { ExecutionWriter } from '#core/executions/execution-writer.ts';
import { IdempotencyStore } from '#core/idempotency/idempotency-store.ts';
import type { Context } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { newId, type TenantId } from '#core/kernel/ids.ts';
import { sealedSecrets } from '#core/kernel/sealed-secrets.ts';
import { UnsealError } from '#core/kernel/sealer.ts';
import type { Secret } from '#core/kernel/secret.ts';
import { sql } from '#core/kernel/sql.ts';
import { METRICS } from '#core/kernel/telemetry.ts';
import type { ControllerMetrics } from '#core/metrics/controller-metrics.ts';
import { MetricsWriter } from '#core/metrics/metrics-writer.ts';
import { STALE_AFTER_MS } from '#core/nodes/presence.ts';
import { OutpostDesk } from '#core/outposts/outpost-desk.ts';
import { HeartbeatWriter } from '#core/outposts/record-heartbeat.ts';
import { CoordinatingRunEngine } from '#core/runs/run-engine.ts';
import { RunSignals } from '#core/runs/run-signals.ts';
import { SessionRegistry } from '#core/sessions/session-registry.ts';
import { closeFormerSessions, closeOrphanedSessions } from '#core/sessions/store.ts';
import { ensureSystemTenant } from '#core/tenants/ensure-tenant.ts';
import { writeQuotaSettings } from '#core/tenants/write-quotas.ts';
import { countedLog } from '#runtime/counted-log.ts';
import type { Log } from '#runtime/log.ts';
import { ownPackage } from '#runtime/own-package.ts';
import { readProcessFigures } from '#runtime/process-figures.ts';
import { docs } from '#surfaces/docs/docs.ts';
import { edgeAdminSurface } from '#surfaces/edge-admin/surface.ts';
import { edgeFleetSurface } from '#surfaces/edge-fleet/surface.ts';
import { healthSurface } from '#surfaces/health/health.ts';
import { createHttpApp } from '#surfaces/http/app.ts';
import { HttpListeners } from '#surfaces/http/listeners.ts';
import { nativeSurface } from '#surfaces/native/surface.ts';
import { NodeListener } from '#surfaces/node-session/node-listener.ts';
import { orgOutpostsSurface } from '#surfaces/org-outposts/surface.ts';
import { backgroundPasses } from './background.ts';
import type { ControllerConfig } from './config.ts';
import { DiskSpace } from './disk-space.ts';
import { ensureFirstKeys, type FirstKeys } from './first-keys.ts';
import { nodeDoor } from './node-door.ts';
import { openBus, openStorage } from './open-storage.ts';
import { hostPort, ownAddresses, ownNames } from './own-addresses.ts';
import { quotaBounds } from './quota-settings.ts';
import { readinessChecks } from './readiness.ts';
import type { ControllerSecrets } from './secrets.ts';
import { ServiceStack } from './service-stack.ts';
import { settleSharedKeys } from './shared-keys.ts';
import { signInToEdgeFleet } from './sign-in.ts';
import { toolCatalogue } from './tool-catalogue.ts';

export interface Controller {
  /** Base URL of the plain listener. */
  readonly api: string;
  /** Base URL of the TLS listener. */
  readonly tls: string;
  /** host:port of the node listener. */
  readonly nodes: string;
  readonly orgId: TenantId;
  readonly keys: FirstKeys;
  /** As settled with the other controllers of the database. */
  readonly secrets: ControllerSecrets;
  /** A join secret for the node on this machine. */
  issueLocalToken(): Promise<Secret>;
  stop(): Promise<void>;
}

export async function startController(
  config: ControllerConfig,
  secrets: ControllerSecrets,
  log: Log,
): Promise<Controller> {
  const stack = new ServiceStack(log);
  try {
    return await startParts(config, secrets, countedLog(log), stack);
  } catch (error) {
    await stack.stop();
    if (error instanceof UnsealError) throw new FleetError('conflict', error.message, { cause: error });
    throw error;
  }
}

async function startParts(
  config: ControllerConfig,
  ownSecrets: ControllerSecrets,
  log: Log,
  stack: ServiceStack,
): Promise<Controller> {
  const clock = new DatabaseClock();
  const { controllerId, sealer, auditKeys } = ownSecrets;
  const onFailure = (error: unknown) =>
    log.warn({ err: error }, 'something in the background failed; it will be tried again');

  const storage = await openStorage(config, stack, log);
  const { db, leaseDb } = storage;
  await clock.measure(db);
  const { dataDir, trustDomain } = config;
  const secrets = await settleSharedKeys(db, { dataDir, trustDomain, secrets: ownSecrets }, log);
  await makeDays({ db, clock });
  let daysMadeAtMs = performance.now();
  const tenant = await ensureSystemTenant({ db, clock });
  await writeQuotaSettings(db, { bounds: quotaBounds(config), nodeSharePercent: config.nodeSharePercent });
  const ctx: Context = {
    principal: {
      kind: 'system',
      subject: 'controller',
      name: 'controller',
      tenantId: tenant.id,
      scopes: 'all',
      isMaster: false,
    },
    tenantId: tenant.id,
    requestId: newId(),
    signal: new AbortController().signal,
    clock,
  };
  const bus = await openBus(storage, stack, log);
  const keys = await ensureFirstKeys(ctx, db, config.dataDir);
  await db.transaction((tx) => homeCluster(tx, tenant.id, clock.now()));
  if (config.defaultClusterName !== undefined) {
    const range = { ipv4Range: config.defaultClusterSubnet ?? null, nodeLimit: config.defaultClusterNodeLimit ?? null };
    await ensureDefaultCluster(
      { db },
      { name: config.defaultClusterName, ...range, tenantId: tenant.id, at: clock.now() },
    );
  }

  const telemetry = createTelemetry(METRICS);
  const names = { trustDomain: config.trustDomain, outpostSuffix: config.trustDomain };
  const authorities = await stack.start(
    'authorities',
    new Authorities({ db, pki, sealer, bus, clock, systemTenantId: tenant.id, onFailure }),
  );
  const issuing = { pki, authorities, clock, names, mayIssue: () => clock.refuseWhereCertificatesWouldBeWrong() };
  const revokedSerials = await stack.start('revoked serials', new RevokedSerials({ db, bus, clock, onFailure }));
  const revocationLists = await stack.start(
    'revocation lists',
    new RevocationLists({ db, pki, authorities, bus, clock, onFailure }),
  );
  const { dnsNames, ipAddresses } = certificateNames(config);
  const certificate = await stack.start(
    'controller certificate',
    new ControllerCertificate({
      ...issuing,
      db,
      systemTenantId: tenant.id,
      commonName: config.controllerName,
      dnsNames,
      ipAddresses,
      onFailure,
    }),
  );

  const signals = new RunSignals();
  const hasPeers = () => lease.liveControllers > 1;
  const writer: ExecutionWriter = new ExecutionWriter({
    db,
    onCommitted: (runIds, ended) => engine.committed(runIds, ended),
    onError: (error) => log.warn({ err: error }, 'what nodes said could not be stored; it will be tried again'),
    backoff: (attempt, signal) => delay(Math.random() * Math.min(5_000, 50 * 2 ** attempt), undefined, { signal }),
    observeBatch: (rows) => telemetry.observe('garrison_batch_size', rows, { batch: 'executions' }),
  });
  const sessions: SessionRegistry = new SessionRegistry({
    db,
    bus,
    clock,
    writer,
    controllerId,
    sealer,
    hasPeers,
    outputLimitBytes: config.outputLimitBytes,
    onEnded: (ended) => engine.committed(new Set(ended.map((execution) => execution.runId)), ended),
    onError: onFailure,
  });
  const lease: ControllerLease = new ControllerLease({
    db: leaseDb,
    clock,
    onError: onFailure,
    unreadMs: () => sessions.unreadMs,
    onRegained: async ({ lapsedMs }) => {
      log.warn(
        { lapsedMs: Math.round(lapsedMs) },
        'this controller had lost its lease (it stood still, or the database was away) and has it back; its sessions are compared with the database',
      );
      await sessions.reconcile();
      engine.sweep();
    },
    controller: {
      id: controllerId,
      name: config.controllerName,
      version: ownPackage.version,
      capacity: config.capacity,
      get nodeEndpoints() {
        return addresses.endpoints;
      },
    },
  });
  const engine: CoordinatingRunEngine = new CoordinatingRunEngine({
    db,
    bus,
    clock,
    controllerId,
    sessions,
    writer,
    signals,
    hasPeers,
    onError: onFailure,
  });

  const certificates = new ClientCertificates({ db, revokedSerials, clock });
  const renewals = new NodeRenewals({ ...issuing, db });
  const outpostDesk = new OutpostDesk({ ...issuing, db });
  const heartbeats = new HeartbeatWriter({ db });
  const tokenKeys = new TokenKeys({ db, secrets: sealedSecrets(sealer) });
  const addresses = {
    get endpoints(): readonly string[] {
      if (config.nodeEndpoints.length > 0) return config.nodeEndpoints;
      return reachableAddresses(config.nodeHost).map((host) => hostPort(host, nodeListener.port));
    },
    get adminUrls(): readonly string[] {
      return [publicUrl()];
    },
  };
  const attempts = new JoinAttempts({ clock });
  const enrolment = { ...issuing, db, sealer, tokenKeys, attempts, addresses };
  const metrics = new MetricsWriter({
    db,
    clock,
    onRefused: onFailure,
    observeBatch: (rows) => telemetry.observe('garrison_batch_size', rows, { batch: 'metrics' }),
  });
  const nodeListener: NodeListener = new NodeListener({
    sessions,
    log,
    controllerId,
    now: () => clock.now(),
    heartbeatIntervalMs: config.heartbeatIntervalMs,
    get endpoints() {
      return addresses.endpoints;
    },
    host: config.nodeHost,
    port: config.nodePort,
    identity: tlsIdentity(certificate, authorities),
    admission: { perSecond: config.admissionRate, burst: Math.ceil(config.admissionRate / 10), maxWaiting: 20_000 },
    limits: { most: config.nodeConnections, mostPerAddress: config.nodeConnectionsPerAddress },
    metrics,
    metricsIntervalMs: config.metricsIntervalMs,
    ...nodeDoor({
      certificates,
      renewals,
      enrolment,
      waiting: { db, authorities },
      revocation: { db, clock, revokedSerials, revocationLists },
    }),
  });

  const audit = await stack.start(
    'audit',
    new AuditWriter({
      db,
      log,
      clock,
      keys: auditKeys,
      onBatch: (size) => telemetry.observe('garrison_batch_size', size, { batch: 'audit' }),
    }),
  );
  const idempotency = new IdempotencyStore({ db, clock, sealer });
  const keyUses = new KeyUseRecorder(db);
  stack.add('uses of keys', () => keyUses.flush());
  const keyRing = new KeyRing({
    db,
    clock,
    systemTenantId: tenant.id,
    configured: { master: secrets.masterKey, api: secrets.apiKey, metrics: secrets.metricsKey },
    onUse: keyUses.record,
  });
  const disk = new DiskSpace({ directory: dataDir, log });
  const mayStart = async () => {
    disk.requireRoom();
    await lease.held();
  };
  const starting = { db, engine, tools: toolCatalogue, controllerId, sealer, mayStart };
  const ending = { db, engine, sessions, revokedSerials, revocationLists };
  const surfaces = [
    healthSurface({
      keyRing,
      checks: readinessChecks({
        db,
        lease,
        writer,
        clock,
        disk,
        daysMadeAgoMs: () => performance.now() - daysMadeAtMs,
      }),
      collectMetrics: () => telemetry.collect(),
    }),
    nativeSurface({ db, keyRing, authorities, auditKeys }),
    orgOutpostsSurface({
      ...ending,
      keyRing,
      outpostDesk,
      heartbeats,
      authorities,
      clientCertificates: certificates,
      inactiveAfterMs: config.outpostInactiveAfterMs,
    }),
    edgeFleetSurface({
      ...starting,
      ...ending,
      signals,
      tokenKeys,
      addresses,
      authorities,
      get issuer() {
        return publicUrl();
      },
      authenticate: signInToEdgeFleet({ db, clock, keyRing, issuers: config.oidcIssuers }),
    }),
    edgeAdminSurface({
      ...starting,
      ...ending,
      sealer,
      addresses,
      authorities,
      keys: keyRing,
      presence: { staleAfterMs: STALE_AFTER_MS },
      systemTenantId: tenant.id,
      readOwnMetrics,
      settings: {
        adminClusterName: config.adminClusterName,
        defaultClusterName: config.defaultClusterName,
        isPublicKeyEnabled: config.publicEnrollmentKeyEnabled,
      },
    }),
  ];
  const app = await createHttpApp({
    surfaces,
    clock,
    log,
    audit,
    idempotency,
    publicPrincipal: {
      kind: 'system',
      subject: 'public',
      name: 'public',
      tenantId: tenant.id,
      scopes: new Set(),
      isMaster: false,
    },
    trustedProxies: config.trustedProxies,
    plugins: [docs({ surfaces })],
    onFinished: ({ surface, method, status, seconds }) =>
      telemetry.observe('garrison_http_request_seconds', seconds, { surface, method, status: String(status) }),
  });
  const http = new HttpListeners({
    app,
    surfaces,
    log,
    plain: { host: config.apiHost, port: config.apiPort },
    tls: { host: config.tlsHost, port: config.tlsPort, credentials: tlsIdentity(certificate, authorities) },
    trustedProxies: config.trustedProxies,
    limits: { most: config.apiConnections, mostPerAddress: config.apiConnectionsPerAddress },
  });
  certificate.onRenewed(() => {
    const identity = tlsIdentity(certificate, authorities);
    nodeListener.renewIdentity(identity);
    http.replaceCredentials(identity);
  });
  function publicUrl(): string {
    return (
      config.publicUrl ??
      `http://${hostPort(http.plainAddress?.host ?? config.apiHost, http.plainAddress?.port ?? config.apiPort)}`
    );
  }

  function readOwnMetrics(): ControllerMetrics {
    return {
      process: readProcessFigures(),
      executionsDelivered: sessions.deliveredTotal,
      executionsEnded: writer.endedTotal,
      sessionsOpen: sessions.size,
      eventStreamsOpen: app.openStreams.size,
      queues: {
        'execution writer': writer.depth,
        audit: audit.waiting,
        admission: nodeListener.waitingForAdmission,
      },
      databaseConnections: { ...db.gauges },
    };
  }

  telemetry.gauge('garrison_sessions_open', () => readOwnMetrics().sessionsOpen);
  telemetry.gauge('garrison_clock_skew_seconds', () => clock.skewMs / 1000);
  telemetry.gauge('garrison_lease_age_seconds', () => lease.ageMs / 1000);
  telemetry.gauge('garrison_disk_free_bytes', () => disk.room?.freeBytes ?? Number.NaN);
  telemetry.gauge('garrison_disk_size_bytes', () => disk.room?.sizeBytes ?? Number.NaN);
  telemetry.gauge('garrison_event_streams_open', () => readOwnMetrics().eventStreamsOpen);
  telemetry.gauge('garrison_queue_depth', () => readOwnMetrics().queues);
  telemetry.gauge('garrison_database_connections', () => readOwnMetrics().databaseConnections);
  telemetry.gauge('garrison_executions', async () => {
    const rows = await db.query<{ state: string; count: number }>(
      sql`select state, count(*) as count from executions where state in ('queued', 'sent', 'running') group by state`,
    );
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  });

  await db.transaction((tx) => closeFormerSessions(tx, controllerId));
  await db.transaction((tx) => closeOrphanedSessions(tx, controllerId));
  stack.add('execution writer', () => writer.stop());
  stack.add('renewals', () => renewals.stop());
  stack.add('outposts', async () => void (await Promise.all([outpostDesk.stop(), heartbeats.stop()])));
  await stack.start('sessions', {
    start: () => sessions.start(),
    stop: () => sessions.stop({ afterMs: 500, spreadMs: 2_000, reason: 'the controller is stopping' }),
  });
  await stack.start('node listener', nodeListener);
  await stack.start('controller lease', lease);
  await stack.start('run engine', engine);
  const onDaysMade = () => {
    daysMadeAtMs = performance.now();
  };
  for (const pass of backgroundPasses({
    db,
    clock,
    controllerId,
    config,
    log,
    idempotency,
    keyUses,
    metrics,
    auditKeys,
    sealer,
    disk,
    onDaysMade,
  }))
    await stack.start(pass.name, pass);
  if (config.dnsPort !== undefined) {
    const names = overlayNames({ db, systemTenantId: tenant.id });
    await stack.start('dns', new DnsServer({ host: config.dnsHost, port: config.dnsPort, names, log }));
  }
  await stack.start('http listeners', http);

  return {
    api: `http://${hostPort(dialable(http.plainAddress?.host ?? config.apiHost), http.plainAddress?.port ?? config.apiPort)}`,
    tls: `https://${hostPort(dialable(http.tlsAddress?.host ?? config.tlsHost), http.tlsAddress?.port ?? config.tlsPort)}`,
    nodes: hostPort(dialable(config.nodeHost), nodeListener.port),
    orgId: tenant.id,
    keys,
    secrets,
    issueLocalToken: async () =>
      (await issueEnrollmentToken(ctx, { db, tokenKeys, addresses, authorities, issuer: publicUrl() }, {})).token,
    stop: () => stack.stop(),
  };
}

function tlsIdentity(certificate: ControllerCertificate, authorities: Authorities) {
  const { chainPem, privateKeyPem } = certificate.current;
  return { certificateChain: chainPem, privateKey: privateKeyPem.reveal(), clientAuthorities: authorities.bundlePem };
}

/** The names and addresses in the certificate: this host's, and what is configured. */
function certificateNames({ tlsNames, nodeEndpoints, publicUrl }: ControllerConfig) {
  const own = ownNames();
  const configured = [
    ...tlsNames,
    ...nodeEndpoints.map((endpoint) => new URL(`tls://${endpoint}`).hostname),
    ...(publicUrl === undefined ? [] : [new URL(publicUrl).hostname]),
  ].map((name) => name.replace(/^\[|\]$/g, ''));
  const isAddress = (name: string) => /^[\d.]+$/.test(name) || name.includes(':');
  return {
    dnsNames: [...new Set([...own.dnsNames, ...configured.filter((name) => !isAddress(name))])],
    ipAddresses: [...new Set([...own.ipAddresses, ...configured.filter(isAddress)])],
  };
}

/** Where nodes can reach a listener on `host`: everywhere means every address of this machine, the loopback last. */
function reachableAddresses(host: string): string[] {
  return host === '0.0.0.0' || host === '::' ? [...ownAddresses(), '127.0.0.1'] : [host];
}

function dialable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

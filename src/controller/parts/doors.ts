import { hostname } from 'node:os';
import type { DatabaseClock } from '#core/controllers/database-clock.ts';
import type { DayTables } from '#core/days/day-tables.ts';
import type { TenantId } from '#core/kernel/ids.ts';
import type { BrokerMetrics } from '#core/metrics/controller-metrics.ts';
import { OutpostDesk } from '#core/outposts/outpost-desk.ts';
import { HeartbeatWriter } from '#core/outposts/record-heartbeat.ts';
import type { SshAccess } from '#core/ssh/ssh-access.ts';
import { takeTicket } from '#core/terminals/terminal-ticket.ts';
import { parseHostPort } from '#runtime/host-port.ts';
import { ownPackage } from '#runtime/own-package.ts';
import { consoleFiles } from '#surfaces/console/console-files.ts';
import { docs } from '#surfaces/docs/docs.ts';
import { createHttpApp } from '#surfaces/http/app.ts';
import { HttpListeners } from '#surfaces/http/listeners.ts';
import { OpenStreams } from '#surfaces/http/open-streams.ts';
import type { Surface } from '#surfaces/http/surface.ts';
import { mcp } from '#surfaces/mcp/mcp.ts';
import { terminalSocket } from '#surfaces/tunnels/terminal-socket.ts';
import { tunnelDoor } from '#surfaces/tunnels/tunnel-door.ts';
import { ConsoleBuild } from '../console-build.ts';
import type { DiskSpace } from '../disk-space.ts';
import type { ReachableAddresses } from '../reachable-addresses.ts';
import type { ControllerSecrets } from '../secrets.ts';
import type { ServiceStack } from '../service-stack.ts';
import { callerOfTunnel } from '../sign-in.ts';
import type { AccessPart } from './access.ts';
import type { ArtifactsPart } from './artifacts.ts';
import type { Base } from './base.ts';
import type { DispatchesPart } from './dispatches.ts';
import type { EnginePart } from './engine.ts';
import type { EventsPart } from './events.ts';
import type { NodesPart } from './nodes.ts';
import { measureController } from './own-metrics.ts';
import type { SessionsPart } from './sessions.ts';
import type { StoragePart } from './storage.ts';
import { consoleCookie, makeSurfaces } from './surfaces.ts';
import type { ControllerTelemetry } from './telemetry.ts';
import { type TrustPart, tlsIdentity } from './trust.ts';
import type { TunnelsPart } from './tunnels.ts';

export interface DoorsNeeds extends Base {
  readonly db: StoragePart['db'];
  readonly clock: DatabaseClock;
  readonly days: DayTables;
  readonly disk: DiskSpace;
  readonly secrets: ControllerSecrets;
  readonly systemTenantId: TenantId;
  readonly trust: TrustPart;
  readonly access: AccessPart;
  readonly node: NodesPart;
  readonly events: EventsPart;
  readonly readBrokerMetrics: () => BrokerMetrics | undefined;
  readonly running: SessionsPart & EnginePart;
  readonly dispatches: DispatchesPart;
  readonly files: ArtifactsPart;
  readonly addresses: ReachableAddresses;
  readonly telemetry: ControllerTelemetry;
  readonly tunnels: TunnelsPart['tunnels'];
  readonly terminals: TunnelsPart['terminals'];
  readonly bus: StoragePart['bus'];
  readonly ssh: SshAccess;
}

/** The HTTP APIs and their listeners. */
export async function startDoors(stack: ServiceStack, needs: DoorsNeeds): Promise<HttpListeners> {
  const { config, log, clock, access, trust, addresses, telemetry, systemTenantId } = needs;
  const streams = new OpenStreams();
  const surfaces = await startSurfaces(stack, needs, streams);
  const pages = await stack.start('console build', new ConsoleBuild({ root: ownPackage.root, log }));
  const app = await createHttpApp({
    surfaces,
    clock,
    log,
    streams,
    streamBounds: { mostPerTenant: config.eventStreamsPerTenant, mostPerCaller: config.eventStreamsPerCaller },
    audit: access.audit,
    idempotency: access.idempotency,
    publicPrincipal: {
      kind: 'system',
      subject: 'public',
      name: 'public',
      tenantId: systemTenantId,
      scopes: new Set(),
      isMaster: false,
    },
    trustedProxies: config.trustedProxies,
    sessionCookie: consoleCookie(trust.authorities),
    plugins: [
      docs({ surfaces }),
      consoleFiles({ directory: pages.directory, built: () => pages.built() }),
      mcp({
        db: needs.db,
        sealer: needs.secrets.sealer,
        surfaces,
        callers: access.signIn.callers,
        audit: access.audit,
        clock,
        log,
        version: ownPackage.version,
        most: { callsPerMinute: config.mcpCallsPerMinute, startsPerMinute: config.mcpStartsPerMinute },
        publicUrl: () => addresses.publicUrl,
        names: () => [hostname(), ...addresses.endpoints.flatMap((endpoint) => parseHostPort(endpoint)?.host ?? [])],
        issuers: config.oidcIssuers.map(({ issuer }) => issuer),
      }),
    ],
    onFinished: ({ surface, method, status, seconds }) =>
      telemetry.observe('garrison_http_request_seconds', seconds, { surface, method, status: String(status) }),
  });
  const authenticate = callerOfTunnel(access.keyRing, access.signIn.toEdgeFleet);
  const http = new HttpListeners({
    app,
    surfaces,
    log,
    plain: { host: config.apiHost, port: config.apiPort },
    tls: { host: config.tlsHost, port: config.tlsPort, credentials: tlsIdentity(trust) },
    trustedProxies: config.trustedProxies,
    limits: { most: config.apiConnections, mostPerAddress: config.apiConnectionsPerAddress },
    upgrades: [
      tunnelDoor({ desk: needs.tunnels, terminals: needs.terminals, authenticate }),
      terminalSocket({
        terminals: needs.terminals,
        authenticate,
        cookie: consoleCookie(trust.authorities),
        takeTicket: (presented) => takeTicket({ db: needs.db, sealer: needs.secrets.sealer, clock }, presented),
        publicUrl: () => addresses.publicUrl,
      }),
    ],
  });
  await stack.start('http listeners', http);
  if (http.plainAddress !== undefined) addresses.apiListensOn(http.plainAddress);
  trust.certificate.onRenewed(() => http.replaceCredentials(tlsIdentity(trust)));
  return http;
}

async function startSurfaces(stack: ServiceStack, needs: DoorsNeeds, streams: OpenStreams): Promise<Surface[]> {
  const { db, trust } = needs;
  const outpostDesk = await stack.start('outposts', new OutpostDesk({ ...trust.issuing, db }));
  const heartbeats = await stack.start('heartbeats of outposts', new HeartbeatWriter({ db }));
  const readOwnMetrics = measureController({ ...needs, streams, readWebhookMetrics: needs.events.readWebhookMetrics });
  return makeSurfaces({ ...needs, outposts: { outpostDesk, heartbeats }, readOwnMetrics });
}

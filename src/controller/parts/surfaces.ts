import type { DatabaseClock } from '#core/controllers/database-clock.ts';
import type { DayTables } from '#core/days/day-tables.ts';
import type { Bus } from '#core/kernel/bus.ts';
import type { TenantId } from '#core/kernel/ids.ts';
import type { Database } from '#core/kernel/sql.ts';
import type { ControllerMetrics } from '#core/metrics/controller-metrics.ts';
import { NodeSecretsReader } from '#core/nodes/node-secrets.ts';
import { STALE_AFTER_MS } from '#core/nodes/presence.ts';
import type { OutpostDesk } from '#core/outposts/outpost-desk.ts';
import type { HeartbeatWriter } from '#core/outposts/record-heartbeat.ts';
import type { SshAccess } from '#core/ssh/ssh-access.ts';
import { findTenant } from '#core/tenants/store.ts';
import { FETCHED_FILE } from '#protocol/tools/files.ts';
import { ownPackage } from '#runtime/own-package.ts';
import { agentDispatchSurface } from '#surfaces/agent-dispatch/surface.ts';
import { consoleSurface } from '#surfaces/console/surface.ts';
import { edgeAdminSurface } from '#surfaces/edge-admin/surface.ts';
import { readTarget } from '#surfaces/edge-fleet/mapping/targets.ts';
import { readOn } from '#surfaces/edge-fleet/on-target.ts';
import { edgeFleetSurface } from '#surfaces/edge-fleet/surface.ts';
import { healthSurface } from '#surfaces/health/surface.ts';
import type { SessionCookie } from '#surfaces/http/session-cookie.ts';
import type { Surface } from '#surfaces/http/surface.ts';
import { nativeSurface } from '#surfaces/native/surface.ts';
import { orgOutpostsSurface } from '#surfaces/org-outposts/surface.ts';
import { browserIssuers } from '../browser-issuers.ts';
import type { ControllerConfig } from '../config.ts';
import type { DiskSpace } from '../disk-space.ts';
import { dispatchArtifacts } from '../dispatch-artifacts.ts';
import type { ReachableAddresses } from '../reachable-addresses.ts';
import { readinessChecks } from '../readiness.ts';
import type { ControllerSecrets } from '../secrets.ts';
import { settingsInForce } from '../settings-in-force.ts';
import { commandLineIssuers } from '../sign-in.ts';
import { fleetToolSchemas, fleetTools, toolCatalogue } from '../tool-catalogue.ts';
import type { AccessPart } from './access.ts';
import type { ArtifactsPart } from './artifacts.ts';

import type { DispatchesPart } from './dispatches.ts';

import type { EnginePart } from './engine.ts';
import type { EventsPart } from './events.ts';
import { heldKinds } from './held-kinds.ts';
import type { NodesPart } from './nodes.ts';
import type { SessionsPart } from './sessions.ts';
import type { ControllerTelemetry } from './telemetry.ts';
import type { TrustPart } from './trust.ts';

export interface SurfacesNeeds {
  readonly config: ControllerConfig;
  readonly db: Database;
  readonly bus: Bus;
  readonly clock: DatabaseClock;
  readonly days: DayTables;
  readonly disk: DiskSpace;
  readonly secrets: Pick<ControllerSecrets, 'controllerId' | 'sealer' | 'auditKeys'>;
  readonly systemTenantId: TenantId;
  readonly trust: Omit<TrustPart, 'certificate' | 'issuing'>;
  readonly access: Pick<AccessPart, 'keyRing' | 'sessions' | 'signIn'>;
  readonly node: Pick<NodesPart, 'tokenKeys' | 'clientCertificates'>;
  readonly running: Omit<SessionsPart & EnginePart, 'commits'>;
  readonly outposts: { readonly outpostDesk: OutpostDesk; readonly heartbeats: HeartbeatWriter };
  readonly dispatches: DispatchesPart;
  readonly files: ArtifactsPart;
  readonly addresses: ReachableAddresses;
  readonly events: EventsPart;
  readonly telemetry: Pick<ControllerTelemetry, 'collect'>;
  readonly ssh: Pick<SshAccess, 'changed'>;
  readonly readOwnMetrics: () => ControllerMetrics;
}

/** Every HTTP surface of a controller, with the parts behind it. */
export function makeSurfaces(needs: SurfacesNeeds): Surface[] {
  const { config, db, clock, days, disk, systemTenantId, addresses, telemetry, outposts, readOwnMetrics } = needs;
  const { authorities, revokedSerials, revocationLists } = needs.trust;
  const { engine, sessions, lease, writer, signals } = needs.running;
  const { controllerId, sealer, auditKeys } = needs.secrets;
  const { tokenKeys, clientCertificates } = needs.node;
  const { sessions: browserSessions, signIn } = needs.access;
  const keyRing = signIn.callers;
  const mayStart = async () => {
    disk.requireRoom();
    await lease.held();
  };
  const starting = { db, engine, tools: toolCatalogue, controllerId, sealer, mayStart };
  const ending = { db, engine, sessions, revokedSerials, revocationLists };
  const { dispatches } = needs;
  const joining = { tokenKeys, addresses, authorities };
  return [
    healthSurface({
      keyRing: needs.access.keyRing,
      checks: readinessChecks({ db, lease, writer, clock, disk, days }),
      collectMetrics: () => telemetry.collect(),
    }),
    nativeSurface({
      ...needs.events,
      db,
      bus: needs.bus,
      recordings: needs.files.artifacts,
      keyRing,
      authorities,
      auditKeys,
      sealer,
      releases: needs.files.releases,
      signIn: commandLineIssuers(config.oidcIssuers),
      settings: settingsInForce(config),
      systemTenantId,
      readOn: async (ctx, text) => readTarget(await readOn(db, ctx, text)),
    }),
    agentDispatchSurface({
      ...starting,
      ...dispatches,
      keyRing,
      signals,
      gitBaseUrl: config.gitBaseUrl,
      artifacts: dispatchArtifacts({
        ...needs.files.artifacts,
        tickets: needs.files.tickets,
        publicUrl: () => addresses.publicUrl,
      }),
    }),
    consoleSurface({
      ...needs.events,
      db,
      signals,
      sessions: browserSessions,
      cookie: consoleCookie(authorities),
      callers: signIn.callers,
      installation: { version: ownPackage.version, id: () => installationId(authorities) },
      tenantName: async (id) => (await findTenant(db, id))?.name ?? null,
      publicUrl: () => addresses.publicUrl,
      sealer,
      issuers: browserIssuers(config.oidcIssuers, signIn),
    }),
    orgOutpostsSurface({
      ...ending,
      ...outposts,
      keyRing,
      authorities,
      clientCertificates,
      inactiveAfterMs: config.outpostInactiveAfterMs,
    }),
    edgeFleetSurface({
      ...starting,
      files: { ...needs.files, fetchedName: FETCHED_FILE },
      tools: fleetTools,
      toolSchemas: fleetToolSchemas,
      ...ending,
      ...joining,
      signals,
      held: heldKinds({ db, clock, engine, queue: dispatches.queue }),
      signIn: signIn.toEdgeFleet,
    }),
    edgeAdminSurface({
      ...needs.events,
      ...starting,
      ...ending,
      ...joining,
      keyRing,
      presence: { staleAfterMs: STALE_AFTER_MS },
      nodeSecrets: new NodeSecretsReader({ db, sealer }),
      systemTenantId,
      readOwnMetrics,
      ssh: needs.ssh,
      settings: {
        adminClusterName: config.adminClusterName,
        defaultClusterName: config.defaultClusterName,
        isPublicKeyEnabled: config.publicEnrollmentKeyEnabled,
      },
    }),
  ];
}

type RootIdentity = Pick<TrustPart['authorities'], 'rootSha256'>;

/** An installation is known by its root. */
function installationId({ rootSha256 }: RootIdentity): string {
  return rootSha256.slice(0, 8);
}

/** Ports of one host share cookies, so the name says which installation it is of. */
export function consoleCookie(authorities: RootIdentity): SessionCookie {
  return {
    get name() {
      return `grn-${installationId(authorities)}`;
    },
  };
}

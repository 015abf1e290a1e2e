/** Core to wire and back. Pure. */
import { invalidField } from '#core/kernel/fleet-error.ts';
import { type Outpost, type OutpostStatus, type OutpostTelemetry, statusOf } from '#core/outposts/outpost.ts';
import type { OutpostWithBundle } from '#core/outposts/outpost-desk.ts';
import type { WireBundle, WireHeartbeat, WireOutpost } from './wire.ts';

/** When, and how long without a sign of life is inactive: what a status depends on beside the facts. */
export interface ReadAt {
  readonly now: Date;
  readonly inactiveAfterMs: number;
}

export function writeInstant(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`;
}

function writeOptional(instant: Date | null): string | null {
  return instant && writeInstant(instant);
}

const STATUS: Readonly<Record<OutpostStatus, WireOutpost['status']>> = {
  active: 'active',
  inactive: 'inactive',
  cert_expired: 'cert_expired',
  deregistered: 'deregistered',
};

export function writeOutpost(outpost: Outpost, { now, inactiveAfterMs }: ReadAt): WireOutpost {
  const { telemetry } = outpost;
  return {
    id: outpost.id,
    org_id: outpost.tenantId,
    outpost_name: outpost.name,
    region: outpost.region,
    deployment_env: outpost.deploymentEnv,
    status: STATUS[statusOf(outpost, now, inactiveAfterMs)],
    cert_issued_at: writeOptional(outpost.certIssuedAt),
    cert_expires_at: writeOptional(outpost.certExpiresAt),
    created_at: writeInstant(outpost.createdAt),
    deregistered_at: writeOptional(outpost.deregisteredAt),
    last_seen: writeOptional(outpost.lastSeenAt),
    outpost_version: telemetry?.version ?? null,
    policy_version: telemetry?.policyVersion ?? null,
    dlp_model_version: telemetry?.dlpModelVersion ?? null,
    pending_audit_events: telemetry?.pendingAuditEvents ?? null,
    tier3_active: telemetry?.isTier3Active ?? null,
  };
}

export function writeBundle({ outpost, bundle }: OutpostWithBundle, at: ReadAt): WireBundle {
  return {
    outpost: writeOutpost(outpost, at),
    client_cert: bundle.certificate.certificatePem,
    client_key: bundle.privateKeyPem.reveal(),
    ca_bundle: bundle.certificate.caBundlePem,
  };
}

export function readHeartbeat(beat: WireHeartbeat): OutpostTelemetry {
  return {
    version: beat.version,
    policyVersion: beat.policy_version,
    dlpModelVersion: beat.dlp_model_version,
    pendingAuditEvents: beat.pending_audit_events,
    isTier3Active: beat.tier3_active,
    uptimeSeconds: beat.uptime,
    lastSyncAt: readInstant('last_sync_at', beat.last_sync_at),
  };
}

/** The schema lets leap seconds and hour 24 of another zone through; what no clock of ours can show is refused here. */
function readInstant(field: string, text: string | null): Date | null {
  if (text === null) return null;
  const instant = new Date(text);
  if (Number.isNaN(instant.getTime()) || instant.getUTCFullYear() < 1) throw invalidField(field, 'is not a time');
  return instant;
}

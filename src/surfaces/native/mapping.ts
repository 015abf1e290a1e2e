import type { Static } from 'typebox';
import type { CreatedKey as CreatedCoreKey } from '#core/access/create-key.ts';
import type { Key as CoreKey } from '#core/access/key.ts';
import { type ChainedEntry, type KnownHead, writeHead } from '#core/audit/chain.ts';
import type { ChainVerdict } from '#core/audit/chain-check.ts';
import type { AuditListing, AuditSlice } from '#core/audit/list-audit.ts';
import type { Certificate as CoreCertificate } from '#core/certificates/certificate.ts';
import type { StoredAuthority } from '#core/certificates/store.ts';
import type { WaitingNode as CoreWaitingNode } from '#core/enrolment/admit-node.ts';
import type { Principal } from '#core/kernel/context.ts';
import type { CursorPage } from '#core/kernel/page.ts';
import type { Overview as CoreOverview } from '#core/overview/read-overview.ts';
import type { Release as CoreRelease } from '#core/releases/release.ts';
import type { ReleaseKey as CoreReleaseKey } from '#core/releases/store.ts';
import type { Tenant } from '#core/tenants/tenant.ts';
import type { TenantSecret as CoreSecret } from '#core/vault/tenant-secret.ts';
import type { SettingInForce as Setting } from './deps.ts';
import { writeApprovalPolicy, writeBudget } from './token-policy.ts';
import type {
  AuditExport,
  AuditPage,
  AuditRow,
  AuditVerification,
  Authority,
  Certificate,
  CreatedKey,
  CreatedOrganisation,
  Key,
  Me,
  Organisation,
  Overview,
  Release,
  ReleaseKey,
  SettingInForce,
  TenantSecret,
  WaitingNode,
} from './wire.ts';

export function writeOrganisation({ id, kind, name, slug, createdAt }: Tenant): Static<typeof Organisation> {
  return { id, kind, name, slug, created_at: writeInstant(createdAt) };
}

export function writeCreatedOrganisation(org: Tenant, { secret }: CreatedCoreKey): Static<typeof CreatedOrganisation> {
  const { id, name, slug, createdAt } = org;
  return { id, name, slug, created_at: writeInstant(createdAt), api_key: secret.reveal() };
}

export function writeCertificate(certificate: CoreCertificate): Static<typeof Certificate> {
  return {
    serial: certificate.serial,
    org_id: certificate.tenantId,
    node_id: certificate.nodeId,
    authority_id: certificate.authorityId,
    purpose: certificate.purpose,
    subject: certificate.subject,
    fingerprint: certificate.fingerprint.toString('hex'),
    not_before: writeInstant(certificate.notBefore),
    not_after: writeInstant(certificate.notAfter),
    revoked_at: writeOptionalInstant(certificate.revokedAt),
    revocation_reason: certificate.revocationReason,
    created_at: writeInstant(certificate.createdAt),
  };
}

export function writeWaitingNode(node: CoreWaitingNode): Static<typeof WaitingNode> {
  return {
    node_id: node.nodeId,
    hostname: node.hostname,
    address: node.address,
    certificate_ends_at: writeInstant(node.notAfter),
    first_seen_at: writeInstant(node.firstSeenAt),
    last_seen_at: writeInstant(node.lastSeenAt),
  };
}

export function writeSecret({ kind, name, createdAt, updatedAt }: CoreSecret): Static<typeof TenantSecret> {
  return { kind, name, created_at: writeInstant(createdAt), updated_at: writeInstant(updatedAt) };
}

export function writeAuthority(authority: StoredAuthority): Static<typeof Authority> {
  return {
    id: authority.id,
    kind: authority.kind,
    not_before: writeInstant(authority.notBefore),
    not_after: writeInstant(authority.notAfter),
    is_issuing: authority.isIssuing,
    certificate: authority.certificate,
  };
}

export function writeKey(key: CoreKey): Static<typeof Key> {
  return {
    ...describeKey(key),
    revoked_at: writeOptionalInstant(key.revokedAt),
    last_used_at: writeOptionalInstant(key.lastUsedAt),
  };
}

export function writeCreatedKey({ key, secret }: CreatedCoreKey): Static<typeof CreatedKey> {
  return { ...describeKey(key), api_key: secret.reveal() };
}

function describeKey(key: CoreKey) {
  return {
    id: key.id,
    org_id: key.tenantId,
    kind: key.kind,
    name: key.name,
    hint: key.hint,
    scopes: [...key.scopes],
    created_at: writeInstant(key.createdAt),
    expires_at: writeOptionalInstant(key.expiresAt),
    approval: key.approval && writeApprovalPolicy(key.approval),
    budget: key.budget && writeBudget(key.budget),
  };
}

export function writeMe({ subject, kind, tenantId, isMaster, scopes }: Principal): Static<typeof Me> {
  return {
    subject,
    kind,
    org_id: tenantId,
    is_master: isMaster,
    scopes: scopes === 'all' ? 'all' : [...scopes].sort(),
  };
}

export function writeAuditRow(entry: ChainedEntry): Static<typeof AuditRow> {
  return {
    id: entry.id,
    position: entry.chainPosition,
    at: entry.at.toISOString(),
    subject: entry.subject,
    action: entry.action,
    object: entry.object ?? null,
    address: entry.address ?? null,
    outcome: entry.outcome,
    request_id: entry.requestId,
    facts: entry.facts,
    kind: entry.chainKind,
    hash: entry.hash.toString('hex'),
  };
}

export function writeAuditPage(listing: AuditListing): Static<typeof AuditPage> {
  return { ...writePage(listing, writeAuditRow), head: writeAuditHead(listing.head) };
}

export function writeAuditExport({ tenantId, after, items, head }: AuditSlice): Static<typeof AuditExport> {
  return {
    tenant_id: tenantId,
    after: writeAuditHead(after),
    items: items.map(writeAuditRow),
    head: writeAuditHead(head),
  };
}

/** The head in a header too, for those who keep it from whatever they read. */
export function auditHeadHeader(head: KnownHead): Readonly<Record<string, string>> {
  return { 'garrison-audit-head': writeHead(head) };
}

export function writeVerdict({ rows, unkeyedRows, head, broken }: ChainVerdict): Static<typeof AuditVerification> {
  return {
    is_intact: broken === undefined,
    rows,
    unkeyed_rows: unkeyedRows,
    broken_at: broken?.at ?? null,
    reason: broken?.reason ?? null,
    head: writeAuditHead(head),
  };
}

function writeAuditHead({ chainPosition, hash }: KnownHead) {
  return { position: chainPosition, hash: hash.toString('hex') };
}

export function writeRelease(release: CoreRelease): Static<typeof Release> {
  return {
    id: release.id,
    kind: release.kind,
    version: release.version,
    platform: release.platform,
    counter: release.counter,
    protocols: [...release.protocols],
    size_bytes: release.sizeBytes,
    sha256: release.sha256,
    signature: release.signature,
    published_by: release.announcedBy,
    announced_at: writeInstant(release.announcedAt),
    published_at: writeOptionalInstant(release.storedAt),
    withdrawn_at: writeOptionalInstant(release.withdrawnAt),
  };
}

export function writeReleaseKey({ publicKey, setAt, setBy }: CoreReleaseKey): Static<typeof ReleaseKey> {
  return { public_key: publicKey, set_at: writeInstant(setAt), set_by: setBy };
}

export function writeOverview({ nodes, runs, dispatches, needs }: CoreOverview): Static<typeof Overview> {
  const { connected, stale, disconnected, revoked } = nodes.byPresence;
  return {
    nodes: {
      total: connected + stale + disconnected + revoked,
      by_status: { Connected: connected, Unhealthy: stale, Disconnected: disconnected, Revoked: revoked },
      by_version: [...nodes.byVersion],
      by_os: [...nodes.bySystem],
    },
    runs: runs && { running: runs.running, failed_today: runs.failedToday },
    dispatches,
    needs: {
      waiting_nodes: needs.waitingNodes,
      ending_certificates: needs.endingCertificates,
      approvals: needs.approvals,
      failing_webhooks: needs.failingWebhooks,
    },
  };
}

export function writeSetting({ isSecret, isSet, whenUnset, ...setting }: Setting): Static<typeof SettingInForce> {
  return { ...setting, is_secret: isSecret, is_set: isSet, when_unset: whenUnset };
}

export function writePage<Item, Wire>(page: CursorPage<Item>, write: (item: Item) => Wire) {
  return { items: page.items.map(write), next_cursor: page.nextCursor };
}

export function writeInstant(instant: Date): string {
  return instant.toISOString().replace(/\.\d+Z$/, 'Z');
}

export function writeOptionalInstant(instant: Date | null): string | null {
  return instant && writeInstant(instant);
}

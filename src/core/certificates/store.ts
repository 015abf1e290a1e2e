import type { NodeId, TenantId } from '../kernel/ids.ts';
import { type Queryable, rawSql, sql } from '../kernel/sql.ts';
import type { AuthorityId, Certificate, CertificateSubject } from './certificate.ts';
import { REVOCATION_REASONS, type RevocationReason, type SignedCertificate } from './pki.ts';

// Authorities ---------------------------------------------------------------------------------------------------

export interface StoredAuthority {
  readonly id: AuthorityId;
  readonly kind: 'root' | 'intermediate';
  readonly certificate: string;
  readonly subjectKeyId: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly isIssuing: boolean;
}

/** Held by whoever changes the authorities, until the end of the transaction. */
const AUTHORITIES_LOCK = 7_013_005_021n;

export async function lockAuthorities(tx: Queryable): Promise<void> {
  await tx.query(sql`select pg_advisory_xact_lock(${AUTHORITIES_LOCK})`);
}

/** The one that signs first, then the newest; the root last. */
export async function readAuthorities(db: Queryable): Promise<StoredAuthority[]> {
  return db.query<StoredAuthority>(sql`
    select id, kind, certificate, subject_key_id as "subjectKeyId", not_before as "notBefore", not_after as "notAfter",
      is_issuing as "isIssuing"
    from authorities order by kind = 'root', is_issuing desc, created_at desc, id`);
}

export async function insertAuthority(tx: Queryable, authority: StoredAuthority, at: Date): Promise<void> {
  const { id, kind, certificate, subjectKeyId, notBefore, notAfter, isIssuing } = authority;
  await tx.execute(sql`
    insert into authorities (id, kind, certificate, subject_key_id, not_before, not_after, is_issuing, created_at)
    values (${id}, ${kind}, ${certificate}, ${subjectKeyId}, ${notBefore}, ${notAfter}, ${isIssuing}, ${at})`);
}

/** The one that signed until now does not sign any more; it stays trusted until its end. */
export async function retireIssuingAuthority(tx: Queryable): Promise<void> {
  await tx.execute(sql`update authorities set is_issuing = false where is_issuing`);
}

// Certificates --------------------------------------------------------------------------------------------------

export interface NewCertificate {
  readonly subject: CertificateSubject;
  readonly authorityId: AuthorityId;
  readonly signed: Omit<SignedCertificate, 'subjectKeyId'>;
  readonly at: Date;
}

export async function insertCertificates(tx: Queryable, certificates: readonly NewCertificate[]): Promise<void> {
  const column = <Value>(read: (certificate: NewCertificate) => Value) => certificates.map(read);
  await tx.execute(sql`
    insert into certificates (serial, tenant_id, authority_id, node_id, purpose, subject, fingerprint, public_key_hash,
      certificate, not_before, not_after, created_at)
    select * from unnest(${column(({ signed }) => signed.serial)}::text[],
      ${column(({ subject }) => subject.tenantId)}::uuid[], ${column(({ authorityId }) => authorityId)}::uuid[],
      ${column(({ subject }) => nodeOf(subject))}::uuid[], ${column(({ subject }) => subject.purpose)}::text[],
      ${column(({ signed }) => signed.subject)}::text[], ${column(({ signed }) => signed.fingerprint)}::bytea[],
      ${column(({ signed }) => signed.publicKeyHash)}::bytea[], ${column(({ signed }) => signed.pem)}::text[],
      ${column(({ signed }) => signed.notBefore)}::timestamptz[], ${column(({ signed }) => signed.notAfter)}::timestamptz[],
      ${column(({ at }) => at)}::timestamptz[])`);
}

function nodeOf(subject: CertificateSubject): NodeId | null {
  return subject.purpose === 'controller' ? null : subject.nodeId;
}

const certificateColumns = rawSql(`
  serial, tenant_id as "tenantId", authority_id as "authorityId", node_id as "nodeId", purpose, subject, fingerprint,
  public_key_hash as "publicKeyHash", certificate as pem, not_before as "notBefore", not_after as "notAfter",
  revoked_at as "revokedAt", revocation_reason as "reasonCode", created_at as "createdAt"`);

interface CertificateRow extends Omit<Certificate, 'revocationReason'> {
  readonly reasonCode: number | null;
}

function toCertificate({ reasonCode, ...row }: CertificateRow): Certificate {
  return { ...row, revocationReason: reasonCode === null ? null : reasonOf(reasonCode) };
}

export async function findByFingerprints(db: Queryable, fingerprints: readonly Buffer[]): Promise<Certificate[]> {
  const rows = await db.query<CertificateRow>(sql`
    select ${certificateColumns} from certificates where fingerprint = any (${fingerprints}::bytea[])`);
  return rows.map(toCertificate);
}

/** Those of a node that are not revoked, ended ones too, newest first. */
export async function readUnrevoked(db: Queryable, nodeId: NodeId, limit: number): Promise<Certificate[]> {
  const rows = await db.query<CertificateRow>(sql`
    select ${certificateColumns} from certificates
    where node_id = ${nodeId} and revoked_at is null order by created_at desc, serial limit ${limit}`);
  return rows.map(toCertificate);
}

export interface RenewableCertificate {
  readonly serial: string;
  readonly tenantId: TenantId;
  readonly nodeId: NodeId;
  readonly purpose: 'node' | 'outpost';
}

/**
 * Those of the certificates that are good, with their nodes; none of them is revoked until the end of the transaction.
 * A key-share lock, because only the end of a node has to wait for us, not its heartbeats.
 */
export async function lockRenewable(
  tx: Queryable,
  asked: readonly { readonly serial: string; readonly nodeId: NodeId }[],
  at: Date,
): Promise<RenewableCertificate[]> {
  const rows = await tx.query<RenewableCertificate>(sql`
    select certificates.serial, nodes.tenant_id as "tenantId", nodes.id as "nodeId", certificates.purpose
    from unnest(${asked.map(({ serial }) => serial)}::text[], ${asked.map(({ nodeId }) => nodeId)}::uuid[])
      as asked (serial, node_id)
    join nodes on nodes.id = asked.node_id
    join certificates on certificates.serial = asked.serial and certificates.node_id = nodes.id
    where nodes.revoked_at is null and certificates.revoked_at is null and certificates.not_after > ${at}
    order by nodes.id for key share of nodes`);
  return rows;
}

/** The certificates of a node that have not ended, revoked ones too. */
export interface HeldCertificates {
  readonly nodeId: NodeId;
  readonly all: number;
  /** When the first of them ends. */
  readonly firstEndsAt: Date;
  /** Those issued after `since`. */
  readonly recent: number;
  readonly oldestRecentAt: Date | null;
}

/** Only nodes that have certificates are in the answer. */
export async function countCertificates(
  db: Queryable,
  nodeIds: readonly NodeId[],
  { at, since }: { readonly at: Date; readonly since: Date },
): Promise<HeldCertificates[]> {
  return db.query<HeldCertificates>(sql`
    select node_id as "nodeId", count(*)::int as all, min(not_after) as "firstEndsAt",
      (count(*) filter (where created_at > ${since}))::int as recent,
      min(created_at) filter (where created_at > ${since}) as "oldestRecentAt"
    from certificates where node_id = any (${nodeIds}::uuid[]) and not_after > ${at} group by node_id`);
}

export interface CertificateQuery {
  /** Undefined: of every tenant. */
  readonly tenantId?: TenantId | undefined;
  readonly nodeId?: NodeId | undefined;
  /** Only those that end before. */
  readonly endsBefore?: Date | undefined;
  /** Revoked and ended ones too. Default false. */
  readonly withOld?: boolean | undefined;
  /** End and serial of the certificate before the first one wanted. */
  readonly after?: { readonly value: string; readonly id: string } | undefined;
  readonly limit: number;
}

/** Those that end first come first. */
export async function readCertificates(db: Queryable, query: CertificateQuery, at: Date): Promise<Certificate[]> {
  const { tenantId = null, nodeId = null, endsBefore = null, withOld = false, after, limit } = query;
  const rows = await db.query<CertificateRow>(sql`
    select ${certificateColumns} from certificates
    where (${tenantId}::uuid is null or tenant_id = ${tenantId})
      and (${nodeId}::uuid is null or node_id = ${nodeId})
      and (${endsBefore}::timestamptz is null or not_after < ${endsBefore})
      and (${withOld} or (revoked_at is null and not_after > ${at}))
      and (${after?.value ?? null}::timestamptz is null
        or (not_after, serial) > (${after?.value ?? null}::timestamptz, ${after?.id ?? null}))
    order by not_after, serial limit ${limit}`);
  return rows.map(toCertificate);
}

// Revocation ----------------------------------------------------------------------------------------------------

export interface RevokedCertificate {
  readonly serial: string;
  readonly tenantId: TenantId;
  readonly nodeId: NodeId;
  readonly notAfter: Date;
}

/** Revokes what the nodes have that has not ended and is not revoked yet. */
export interface Revocation {
  readonly nodeIds: readonly NodeId[];
  readonly reason: RevocationReason;
  /** Serial of a certificate that stays good. */
  readonly except?: string;
}

export async function writeRevocations(
  tx: Queryable,
  { nodeIds, reason, except = '' }: Revocation,
  at: Date,
): Promise<RevokedCertificate[]> {
  return tx.query<RevokedCertificate>(sql`
    update certificates set revoked_at = ${at}, revocation_reason = ${REVOCATION_REASONS[reason]}
    where node_id = any (${nodeIds}::uuid[]) and serial <> ${except} and revoked_at is null and not_after > ${at}
    returning serial, tenant_id as "tenantId", node_id as "nodeId", not_after as "notAfter"`);
}

export interface RevokedSerial {
  readonly serial: string;
  readonly notAfter: Date;
}

/** What has been revoked since, and has not ended. */
export async function readRevokedSerials(db: Queryable, since: Date, at: Date): Promise<RevokedSerial[]> {
  return db.query<RevokedSerial>(sql`
    select serial, not_after as "notAfter" from certificates where revoked_at >= ${since} and not_after > ${at}`);
}

export interface RevokedEntry {
  readonly serial: string;
  readonly revokedAt: Date;
  readonly reason: RevocationReason;
}

/**
 * What belongs on the list of an authority now, oldest first. One line of text per entry in one row: a hundred thousand
 * rows would cost more than all the rest of a list.
 */
export async function readRevokedEntries(db: Queryable, authorityId: AuthorityId, at: Date): Promise<RevokedEntry[]> {
  const [row] = await db.query<{ lines: string | null }>(sql`
    select string_agg(serial || ' ' || floor(extract(epoch from revoked_at) * 1000)::bigint || ' '
      || coalesce(revocation_reason, 0), E'\n' order by revoked_at, serial collate "C") as lines
    from certificates
    where authority_id = ${authorityId} and revoked_at is not null and not_after > ${at}`);
  if (!row?.lines) return [];
  return row.lines.split('\n').map((line) => {
    const [serial = '', revokedAt, code] = line.split(' ');
    return { serial, revokedAt: new Date(Number(revokedAt)), reason: reasonOf(Number(code)) };
  });
}

function reasonOf(code: number): RevocationReason {
  return REASON_OF_CODE.get(code) ?? 'unspecified';
}

const REASON_OF_CODE = new Map<number, RevocationReason>(
  Object.entries(REVOCATION_REASONS).map(([reason, code]) => [code, reason as RevocationReason]), // a key of that table
);

// Revocation lists ----------------------------------------------------------------------------------------------

/** How a list stands against the certificates. */
export interface ListState {
  readonly authorityId: AuthorityId;
  readonly kind: 'root' | 'intermediate';
  readonly number: string | null;
  readonly thisUpdate: Date | null;
  readonly nextUpdate: Date | null;
  /** The certificates tell of revocations that the list does not, or the other way round. */
  readonly isBehind: boolean;
}

/** The state of every list that still matters: its authority has not ended. */
export async function readListStates(db: Queryable, at: Date): Promise<ListState[]> {
  return db.query<ListState>(sql`
    select authorities.id as "authorityId", authorities.kind, lists.number::text as number,
      lists.this_update as "thisUpdate", lists.next_update as "nextUpdate",
      lists.entry_count is distinct from revoked.count or lists.last_revoked_at is distinct from revoked.newest as "isBehind"
    from authorities
    left join revocation_lists as lists on lists.authority_id = authorities.id
    cross join lateral (
      select count(*)::int as count, date_trunc('milliseconds', max(revoked_at)) as newest from certificates
      where certificates.authority_id = authorities.id and revoked_at is not null and certificates.not_after > ${at}
    ) as revoked
    where authorities.not_after > ${at}`);
}

/** Whoever writes the list of an authority waits here; held until the end of the transaction. */
export async function lockList(tx: Queryable, authorityId: AuthorityId): Promise<void> {
  await tx.query(sql`select from authorities where id = ${authorityId} for no key update`);
}

export async function readListNumber(tx: Queryable, authorityId: AuthorityId): Promise<bigint> {
  const [row] = await tx.query<{ number: string }>(sql`
    select number::text as number from revocation_lists where authority_id = ${authorityId}`);
  return row ? BigInt(row.number) : 0n;
}

export interface RevocationList {
  readonly authorityId: AuthorityId;
  readonly number: bigint;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly der: Buffer;
}

export async function writeList(tx: Queryable, list: RevocationList, entries: readonly RevokedEntry[]): Promise<void> {
  const lastRevokedAt = entries.at(-1)?.revokedAt ?? null; // they come in that order
  await tx.execute(sql`
    insert into revocation_lists (authority_id, number, this_update, next_update, entry_count, last_revoked_at, der)
    values (${list.authorityId}, ${list.number}, ${list.thisUpdate}, ${list.nextUpdate}, ${entries.length}, ${lastRevokedAt}, ${list.der})
    on conflict (authority_id) do update set number = excluded.number, this_update = excluded.this_update,
      next_update = excluded.next_update, entry_count = excluded.entry_count, last_revoked_at = excluded.last_revoked_at,
      der = excluded.der`);
}

export async function readList(db: Queryable, authorityId: AuthorityId): Promise<RevocationList | undefined> {
  const [row] = await db.query<Omit<RevocationList, 'number'> & { number: string }>(sql`
    select authority_id as "authorityId", number::text as number, this_update as "thisUpdate",
      next_update as "nextUpdate", der
    from revocation_lists where authority_id = ${authorityId}`);
  return row && { ...row, number: BigInt(row.number) };
}

// Warnings ------------------------------------------------------------------------------------------------------

export interface EndingCertificate {
  readonly serial: string;
  readonly tenantId: TenantId;
  readonly nodeId: NodeId;
  readonly purpose: CertificateSubject['purpose'];
  readonly subject: string;
  readonly notAfter: Date;
}

/**
 * The certificates of nodes that end within `days` and of which no warning has been given at this stage, marked as warned of. Only the
 * newest certificate of a node counts: one that has been renewed needs no warning.
 */
export async function takeEnding(tx: Queryable, days: number, at: Date, limit: number): Promise<EndingCertificate[]> {
  return tx.query<EndingCertificate>(sql`
    update certificates set warned_days = ${days}
    where serial in (
      select ending.serial from certificates as ending
      where ending.node_id is not null and ending.revoked_at is null and ending.not_after > ${at}
        and ending.not_after <= ${at}::timestamptz + ${days} * interval '1 day'
        and (ending.warned_days is null or ending.warned_days > ${days})
        and not exists (
          select from certificates as newer
          where newer.node_id = ending.node_id and newer.revoked_at is null and newer.not_after > ending.not_after)
      order by ending.not_after limit ${limit} for update skip locked)
    returning serial, tenant_id as "tenantId", node_id as "nodeId", purpose, subject, not_after as "notAfter"`);
}

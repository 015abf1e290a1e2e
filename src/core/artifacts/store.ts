import type { ControllerId, TenantId } from '../kernel/ids.ts';
import { type Queryable, rawSql, sql } from '../kernel/sql.ts';
import type { Artifact, ArtifactId, ArtifactOwner } from './artifact.ts';

const artifactColumns = rawSql(`
  artifacts.id, artifacts.name, artifacts.media_type as "mediaType", encode(artifacts.sha256, 'hex') as sha256,
  artifacts.size_bytes as "sizeBytes", artifacts.created_at as "createdAt", artifacts.expires_at as "expiresAt"`);

export interface ArrivingArtifact {
  readonly id: ArtifactId;
  readonly owner: ArtifactOwner;
  readonly name: string;
  readonly mediaType: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** The controller on whose disk the bytes are; null where every controller reaches them. */
  readonly keptBy: ControllerId | null;
}

/** How many an owner has and how large they are, whatever became of them. Uploads of one owner take turns in it. */
export async function measureOwner(
  tx: Queryable,
  { tenantId, kind, id }: ArtifactOwner,
): Promise<{ readonly count: number; readonly bytes: number }> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`artifacts/${tenantId}/${kind}/${id}`}, 0))`);
  const [row] = await tx.query<{ readonly count: number; readonly bytes: number }>(sql`
    select count(*)::int as count, coalesce(sum(size_bytes), 0)::int8 as bytes from artifacts
    where tenant_id = ${tenantId} and owner_kind = ${kind} and owner_id = ${id}`);
  return row ?? { count: 0, bytes: 0 };
}

export async function insertArriving(tx: Queryable, artifact: ArrivingArtifact): Promise<void> {
  const { id, owner, name, mediaType, createdAt, expiresAt, keptBy } = artifact;
  await tx.execute(sql`
    insert into artifacts (id, tenant_id, owner_kind, owner_id, name, media_type, created_at, expires_at, kept_by)
    values (
      ${id}, ${owner.tenantId}, ${owner.kind}, ${owner.id}, ${name}, ${mediaType}, ${createdAt}, ${expiresAt}, ${keptBy})`);
}

/** The earlier artifact of that name is replaced. Undefined when the row is gone: its owner was removed meanwhile. */
export async function completeArtifact(
  tx: Queryable,
  { id, owner, name }: Pick<ArrivingArtifact, 'id' | 'owner' | 'name'>,
  stored: { readonly sha256: string; readonly sizeBytes: number; readonly at: Date },
): Promise<Artifact | undefined> {
  await tx.execute(sql`
    update artifacts set replaced_at = ${stored.at}
    where tenant_id = ${owner.tenantId} and owner_kind = ${owner.kind} and owner_id = ${owner.id} and name = ${name}
      and stored_at is not null and replaced_at is null`);
  const [row] = await tx.query<Artifact>(sql`
    update artifacts set sha256 = ${Buffer.from(stored.sha256, 'hex')}, size_bytes = ${stored.sizeBytes}, stored_at = ${stored.at}
    where tenant_id = ${owner.tenantId} and id = ${id}
    returning ${artifactColumns}`);
  return row;
}

/** Nothing of it was kept. */
export async function removeArriving(db: Queryable, owner: ArtifactOwner, id: ArtifactId): Promise<void> {
  await db.execute(sql`
    delete from artifacts where tenant_id = ${owner.tenantId} and id = ${id} and stored_at is null`);
}

/** Those that are there and not replaced, by name. */
export async function listOf(db: Queryable, { tenantId, kind, id }: ArtifactOwner, now: Date): Promise<Artifact[]> {
  return db.query<Artifact>(sql`
    select ${artifactColumns} from artifacts
    where tenant_id = ${tenantId} and owner_kind = ${kind} and owner_id = ${id}
      and stored_at is not null and replaced_at is null and expires_at > ${now}
    order by name`);
}

export interface OwnedArtifact extends Artifact {
  readonly ownerKind: ArtifactOwner['kind'];
  readonly ownerId: string;
  readonly keptBy: ControllerId | null;
}

/** Also one that has been replaced: whoever has begun to read it goes on. */
export async function findArtifact(
  db: Queryable,
  { tenantId, id, now }: { readonly tenantId: TenantId; readonly id: ArtifactId; readonly now: Date },
): Promise<OwnedArtifact | undefined> {
  const [row] = await db.query<OwnedArtifact>(sql`
    select ${artifactColumns}, owner_kind as "ownerKind", owner_id as "ownerId", kept_by as "keptBy" from artifacts
    where tenant_id = ${tenantId} and id = ${id} and stored_at is not null and expires_at > ${now}`);
  return row;
}

export async function expireAllOf(db: Queryable, { tenantId, kind, id }: ArtifactOwner, now: Date): Promise<void> {
  await db.execute(sql`
    update artifacts set expires_at = ${now}
    where tenant_id = ${tenantId} and owner_kind = ${kind} and owner_id = ${id} and expires_at > ${now}`);
}

/** Removes expired rows of artifacts that this controller keeps, or that every controller can reach. */
export async function removeExpiredRows(
  db: Queryable,
  { tenantId, kind, id }: ArtifactOwner,
  { keptBy, now }: Keeper,
): Promise<void> {
  await db.execute(sql`
    delete from artifacts
    where tenant_id = ${tenantId} and owner_kind = ${kind} and owner_id = ${id}
      and kept_by is not distinct from ${keptBy} and expires_at <= ${now}`);
}

export interface Keeper {
  /** Null: every controller reaches the bytes. */
  readonly keptBy: ControllerId | null;
  readonly now: Date;
}

/** Owners none of whose artifacts is to be kept any longer, of those that one controller keeps, or all reach. */
export async function findExpiredOwners(
  db: Queryable,
  { keptBy, now }: Keeper,
  limit: number,
): Promise<ArtifactOwner[]> {
  return db.query<ArtifactOwner>(sql`
    select expired.tenant_id as "tenantId", expired.owner_kind as kind, expired.owner_id as id
    from artifacts expired
    where expired.expires_at <= ${now} and expired.kept_by is not distinct from ${keptBy} and not exists (
      select from artifacts kept
      where kept.tenant_id = expired.tenant_id and kept.owner_kind = expired.owner_kind
        and kept.owner_id = expired.owner_id and kept.expires_at > ${now})
    group by 1, 2, 3
    limit ${limit}`);
}

import { type Queryable, rawSql, sql } from '../kernel/sql.ts';
import type { Release, ReleaseId } from './release.ts';

const releaseColumns = rawSql(`
  releases.id, releases.kind, releases.version, releases.platform, releases.counter, releases.protocols,
  releases.size_bytes as "sizeBytes", encode(releases.sha256, 'hex') as sha256, releases.signature,
  releases.kept_by as "keptBy", releases.announced_by as "announcedBy", releases.announced_at as "announcedAt",
  releases.stored_at as "storedAt", releases.withdrawn_at as "withdrawnAt"`);

export async function insertRelease(tx: Queryable, release: Omit<Release, 'storedAt' | 'withdrawnAt'>): Promise<void> {
  const { id, kind, version, platform, counter, protocols, sizeBytes, sha256, signature } = release;
  await tx.execute(sql`
    insert into releases (id, kind, version, platform, counter, protocols, size_bytes, sha256, signature, kept_by, announced_by, announced_at)
    values (${id}, ${kind}, ${version}, ${platform}, ${counter}, ${protocols}, ${sizeBytes}, ${Buffer.from(sha256, 'hex')},
      ${signature}, ${release.keptBy}, ${release.announcedBy}, ${release.announcedAt})`);
}

export async function findRelease(db: Queryable, id: ReleaseId): Promise<Release | undefined> {
  const [row] = await db.query<Release>(sql`select ${releaseColumns} from releases where releases.id = ${id}`);
  return row;
}

/** That can be fetched: stored and not withdrawn. */
export async function findPublished(db: Queryable, sha256: string): Promise<Release | undefined> {
  const [row] = await db.query<Release>(sql`
    select ${releaseColumns} from releases
    where releases.sha256 = ${Buffer.from(sha256, 'hex')} and releases.stored_at is not null and releases.withdrawn_at is null
    order by releases.announced_at desc limit 1`);
  return row;
}

/** Stored ones, the newest first, with those that were withdrawn. */
export async function listReleases(db: Queryable, limit: number): Promise<Release[]> {
  return db.query<Release>(sql`
    select ${releaseColumns} from releases where releases.stored_at is not null
    order by releases.announced_at desc, releases.id desc limit ${limit}`);
}

/** For nodes: of each platform the one with the highest counter, of this version or of any. */
export async function newestForNodes(db: Queryable, version: string | null): Promise<Release[]> {
  return db.query<Release>(sql`
    select distinct on (releases.platform) ${releaseColumns} from releases
    where releases.kind = 'node' and releases.stored_at is not null and releases.withdrawn_at is null
      and (${version}::text is null or releases.version = ${version})
    order by releases.platform, releases.counter desc limit 16`);
}

/** The highest counter there ever was, withdrawn ones too; publishing takes turns in it. */
export async function highestCounter(
  tx: Queryable,
  { kind, platform }: Pick<Release, 'kind' | 'platform'>,
): Promise<number | undefined> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('releases', 0))`);
  const [row] = await tx.query<{ highest: number | null }>(sql`
    select max(counter) as highest from releases
    where kind = ${kind} and platform = ${platform} and stored_at is not null`);
  return row?.highest ?? undefined;
}

export async function markStored(tx: Queryable, id: ReleaseId, at: Date): Promise<void> {
  await tx.execute(sql`update releases set stored_at = ${at} where id = ${id} and stored_at is null`);
}

/** False when it was withdrawn before. */
export async function markWithdrawn(db: Queryable, id: ReleaseId, at: Date): Promise<boolean> {
  const changed = await db.execute(sql`
    update releases set withdrawn_at = ${at} where id = ${id} and stored_at is not null and withdrawn_at is null`);
  return changed === 1;
}

export interface ReleaseKey {
  readonly publicKey: string;
  readonly setAt: Date;
  readonly setBy: string;
}

export async function readReleaseKey(db: Queryable): Promise<ReleaseKey | undefined> {
  const [row] = await db.query<ReleaseKey>(sql`
    select public_key as "publicKey", set_at as "setAt", set_by as "setBy" from release_keys`);
  return row;
}

export async function writeReleaseKey(db: Queryable, { publicKey, setAt, setBy }: ReleaseKey): Promise<void> {
  await db.execute(sql`
    insert into release_keys (public_key, set_at, set_by) values (${publicKey}, ${setAt}, ${setBy})
    on conflict (is_present) do update set public_key = excluded.public_key, set_at = excluded.set_at, set_by = excluded.set_by`);
}

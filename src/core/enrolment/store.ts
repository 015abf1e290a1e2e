import type { Context } from '../kernel/context.ts';
import type { ClusterId, NodeId, TenantId } from '../kernel/ids.ts';
import type { Position } from '../kernel/page.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { Secret } from '../kernel/secret.ts';
import { type Queryable, rawSql, sql } from '../kernel/sql.ts';
import type { NodeFacts } from '../sessions/node-link.ts';
import type { EnrollmentKey, EnrollmentKeyId } from './enrollment-key.ts';
import type { EnrollmentToken, EnrollmentTokenId } from './enrollment-token.ts';

// Keys ----------------------------------------------------------------------------------------------------------

interface KeyRow extends Omit<EnrollmentKey, 'key'> {
  readonly sealedKey: Buffer;
}

const keyColumns = rawSql(`
  keys.id, keys.tenant_id as "tenantId", keys.cluster_id as "clusterId", clusters.name as "clusterName", keys.name,
  keys.tags, keys.sealed_key as "sealedKey", keys.uses_remaining as "usesRemaining", keys.expired_at as "expiresAt",
  keys.last_used_at as "lastUsedAt", keys.inserted_at as "createdAt", keys.updated_at as "updatedAt"`);

const keyTables = rawSql('enrollment_keys as keys join clusters on clusters.id = keys.cluster_id');

function toKey({ sealedKey, ...row }: KeyRow, sealer: Sealer): EnrollmentKey {
  return { ...row, key: new Secret(sealer.open(sealedKey, keyContext(row.id)).toString('utf8')) };
}

function keyContext(id: EnrollmentKeyId): string {
  return `enrollment-key/${id}`;
}

export async function insertEnrollmentKey(
  tx: Queryable,
  sealer: Sealer,
  key: EnrollmentKey,
  hash: Buffer,
): Promise<void> {
  const { id, tenantId, clusterId, name, tags, usesRemaining, expiresAt, createdAt } = key;
  await tx.execute(sql`
    insert into enrollment_keys (id, tenant_id, cluster_id, name, tags, hash, sealed_key, uses_remaining, expired_at,
      inserted_at, updated_at)
    values (${id}, ${tenantId}, ${clusterId}, ${name}, ${tags}, ${hash}, ${sealer.seal(key.key.reveal(), keyContext(id))},
      ${usesRemaining}, ${expiresAt}, ${createdAt}, ${createdAt})`);
}

/** Those of `ids` that are the tenant's, in no order. */
export async function readKeys(
  db: Queryable,
  sealer: Sealer,
  ctx: Context,
  ids: readonly EnrollmentKeyId[],
): Promise<EnrollmentKey[]> {
  const rows = await db.query<KeyRow>(sql`
    select ${keyColumns} from ${keyTables} where keys.tenant_id = ${ctx.tenantId} and keys.id = any (${ids}::uuid[])`);
  return rows.map((row) => toKey(row, sealer));
}

/** Finds the key in any tenant: the secret says whose it is. */
export async function findEnrollmentKeyByHash(
  db: Queryable,
  sealer: Sealer,
  hash: Buffer,
): Promise<EnrollmentKey | undefined> {
  const [row] = await db.query<KeyRow>(sql`select ${keyColumns} from ${keyTables} where keys.hash = ${hash}`);
  return row && toKey(row, sealer);
}

export interface KeyChange {
  readonly name?: string | null | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly usesRemaining?: number | null | undefined;
  readonly expiresAt?: Date | null | undefined;
}

/** What is undefined stays as it is. Whether there was such a key. */
export async function changeKey(tx: Queryable, ctx: Context, id: EnrollmentKeyId, change: KeyChange): Promise<boolean> {
  const { name, tags, usesRemaining, expiresAt } = change;
  const count = await tx.execute(sql`
    update enrollment_keys set
      name = case when ${name !== undefined} then ${name ?? null} else name end,
      tags = case when ${tags !== undefined} then ${tags ?? []}::text[] else tags end,
      uses_remaining = case when ${usesRemaining !== undefined} then ${usesRemaining ?? null}::int else uses_remaining end,
      expired_at = case when ${expiresAt !== undefined} then ${expiresAt ?? null}::timestamptz else expired_at end,
      updated_at = ${ctx.clock.now()}
    where tenant_id = ${ctx.tenantId} and id = ${id}`);
  return count === 1;
}

export async function removeEnrollmentKey(tx: Queryable, ctx: Context, id: EnrollmentKeyId): Promise<boolean> {
  return (await tx.execute(sql`delete from enrollment_keys where tenant_id = ${ctx.tenantId} and id = ${id}`)) === 1;
}

/**
 * Uses a counted key once; false when none is left. The last statement of an enrolment: the row is locked from here to
 * the commit only, and whoever waits for it sees what is left.
 */
export async function useKey(tx: Queryable, id: EnrollmentKeyId, at: Date): Promise<boolean> {
  const count = await tx.execute(sql`
    update enrollment_keys set uses_remaining = uses_remaining - 1, last_used_at = ${at}
    where id = ${id} and uses_remaining > 0`);
  return count === 1;
}

/** An unlimited key is used by many at once: whoever finds it locked leaves the note to the other. */
export async function noteKeyUse(tx: Queryable, id: EnrollmentKeyId, at: Date): Promise<void> {
  await tx.execute(sql`
    update enrollment_keys set last_used_at = ${at}
    where id = (select id from enrollment_keys where id = ${id} for update skip locked)`);
}

// Tokens --------------------------------------------------------------------------------------------------------

const tokenColumns = rawSql(`
  id, tenant_id as "tenantId", cluster_id as "clusterId", name, tags, issued_by as "issuedBy", issued_at as "issuedAt",
  expires_at as "expiresAt", redeemed_at as "redeemedAt", redeemed_node_id as "redeemedNodeId",
  withdrawn_at as "withdrawnAt"`);

export async function insertToken(tx: Queryable, token: EnrollmentToken): Promise<void> {
  const { id, tenantId, clusterId, name, tags, issuedBy, issuedAt, expiresAt } = token;
  await tx.execute(sql`
    insert into enrollment_tokens (id, tenant_id, cluster_id, name, tags, issued_by, issued_at, expires_at)
    values (${id}, ${tenantId}, ${clusterId}, ${name}, ${tags}, ${issuedBy}, ${issuedAt}, ${expiresAt})`);
}

/** Finds the token in any tenant: it says itself whose it is. */
export async function findToken(db: Queryable, id: EnrollmentTokenId): Promise<EnrollmentToken | undefined> {
  const [row] = await db.query<EnrollmentToken>(sql`select ${tokenColumns} from enrollment_tokens where id = ${id}`);
  return row;
}

/** Newest first. */
export async function readTokens(
  db: Queryable,
  ctx: Context,
  { after, limit }: { readonly after: Position | undefined; readonly limit: number },
): Promise<EnrollmentToken[]> {
  const { value = null, id = null } = after ?? {};
  return db.query<EnrollmentToken>(sql`
    select ${tokenColumns} from enrollment_tokens
    where tenant_id = ${ctx.tenantId}
      and (${value}::timestamptz is null or (issued_at, id) < (${value}::timestamptz, ${id}::uuid))
    order by issued_at desc, id desc limit ${limit}`);
}

/** False when it has been redeemed or withdrawn meanwhile. The last statement of an enrolment, as `useKey`. */
export async function redeemToken(tx: Queryable, id: EnrollmentTokenId, nodeId: NodeId, at: Date): Promise<boolean> {
  const count = await tx.execute(sql`
    update enrollment_tokens set redeemed_at = ${at}, redeemed_node_id = ${nodeId}
    where id = ${id} and redeemed_at is null and withdrawn_at is null`);
  return count === 1;
}

export type Withdrawal = 'withdrawn' | 'redeemed' | 'unknown';

/** Withdrawing twice is once. */
export async function withdrawToken(tx: Queryable, ctx: Context, id: EnrollmentTokenId): Promise<Withdrawal> {
  const [row] = await tx.query<{ isRedeemed: boolean }>(sql`
    update enrollment_tokens
    set withdrawn_at = case when redeemed_at is null then coalesce(withdrawn_at, ${ctx.clock.now()}) end
    where tenant_id = ${ctx.tenantId} and id = ${id}
    returning redeemed_at is not null as "isRedeemed"`);
  if (!row) return 'unknown';
  return row.isRedeemed ? 'redeemed' : 'withdrawn';
}

// Clusters ------------------------------------------------------------------------------------------------------

export interface JoinedCluster {
  readonly name: string;
  readonly nodeLimit: number | null;
}

/**
 * The cluster, as it stays until the end of the transaction: whoever changes or removes it waits for us, or we for them.
 * Hosts that join do not wait for each other.
 */
export async function shareCluster(tx: Queryable, id: ClusterId): Promise<JoinedCluster | undefined> {
  const [row] = await tx.query<JoinedCluster>(sql`
    select name, node_limit as "nodeLimit" from clusters where id = ${id} for share`);
  return row;
}

/** One at a time for a cluster with a limit, until the end of the transaction; revoked nodes take no room. */
export async function countEnrollmentKeysForLimit(tx: Queryable, id: ClusterId): Promise<number> {
  await tx.query(sql`select pg_advisory_xact_lock(hashtextextended(${`cluster-limit/${id}`}, 0))`);
  const [row] = await tx.query<{ count: number }>(sql`
    select count(*)::int as count from nodes where cluster_id = ${id} and revoked_at is null`);
  return row?.count ?? 0;
}

// Nodes ---------------------------------------------------------------------------------------------------------

export interface PreviousNode {
  readonly id: NodeId;
  readonly clusterId: ClusterId;
  readonly clusterName: string;
  readonly name: string;
  readonly idType: 'persistent' | 'random';
  readonly version: string;
}

/** The tenant's own unrevoked node, locked. */
export async function lockPreviousNode(
  tx: Queryable,
  tenantId: TenantId,
  id: NodeId,
): Promise<PreviousNode | undefined> {
  const [row] = await tx.query<PreviousNode>(sql`
    select nodes.id, nodes.cluster_id as "clusterId", clusters.name as "clusterName", nodes.name,
      nodes.id_type as "idType", nodes.version
    from nodes join clusters on clusters.id = nodes.cluster_id
    where nodes.tenant_id = ${tenantId} and nodes.id = ${id} and nodes.revoked_at is null
    for no key update of nodes`);
  return row;
}

export interface JoiningNode {
  readonly id: NodeId;
  readonly tenantId: TenantId;
  readonly clusterId: ClusterId;
  readonly name: string;
  /** Set by operators: those of the join secret. The host has no say in them. */
  readonly tags: readonly string[];
  readonly idType: 'persistent' | 'random';
  readonly machineId: string | null;
  readonly facts: NodeFacts;
  readonly overlayHostId: string;
  readonly at: Date;
}

/** False when the id is taken, by whomever. */
export async function insertNode(tx: Queryable, node: JoiningNode): Promise<boolean> {
  const { id, tenantId, clusterId, name, tags, idType, machineId, facts, overlayHostId, at } = node;
  const count = await tx.execute(sql`
    insert into nodes (id, tenant_id, cluster_id, name, tags, id_type, machine_id, enrolled_at, updated_at, os, arch, hostname,
      version, local_tools, invocable_tools, mounts, labels, self_update_enabled, ports, facts, overlay_host_id)
    values (${id}, ${tenantId}, ${clusterId}, ${name}, ${tags}, ${idType}, ${machineId}, ${at}, ${at}, ${facts.os}, ${facts.arch},
      ${facts.hostname}, ${facts.version}, ${facts.localTools}, ${facts.invocableTools}, ${facts.mounts},
      ${JSON.stringify(facts.labels)}::jsonb, ${facts.isSelfUpdateEnabled}, ${JSON.stringify(facts.ports)}::jsonb,
      ${JSON.stringify(facts.other)}::jsonb, ${overlayHostId})
    on conflict (id) do nothing`);
  return count === 1;
}

/** A node that came back: what it says of itself is new, and so will its secrets be; tags and cluster stay. */
export async function writeReturn(
  tx: Queryable,
  node: Omit<JoiningNode, 'clusterId' | 'tags' | 'idType' | 'overlayHostId'>,
): Promise<void> {
  const { id, tenantId, name, machineId, facts, at } = node;
  await tx.execute(sql`
    update nodes set name = ${name}, machine_id = coalesce(${machineId}, machine_id), updated_at = ${at}, os = ${facts.os},
      arch = ${facts.arch}, hostname = ${facts.hostname}, version = ${facts.version}, local_tools = ${facts.localTools},
      invocable_tools = ${facts.invocableTools}, mounts = ${facts.mounts}, labels = ${JSON.stringify(facts.labels)}::jsonb,
      self_update_enabled = ${facts.isSelfUpdateEnabled}, ports = ${JSON.stringify(facts.ports)}::jsonb,
      facts = ${JSON.stringify(facts.other)}::jsonb, sealed_api_token = null, sealed_proxy_password = null
    where tenant_id = ${tenantId} and id = ${id}`);
}

/** Another unrevoked node of the tenant on this machine, for the event that says there are two of it. */
export async function findTwin(
  tx: Queryable,
  tenantId: TenantId,
  machineId: string,
  except: NodeId | null = null,
): Promise<NodeId | undefined> {
  const [row] = await tx.query<{ id: NodeId }>(sql`
    select id from nodes
    where tenant_id = ${tenantId} and machine_id = ${machineId} and revoked_at is null
      and id is distinct from ${except}::uuid
    order by enrolled_at limit 1`);
  return row?.id;
}

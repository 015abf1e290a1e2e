import type { Context } from '../kernel/context.ts';
import type { NodeId, TenantId } from '../kernel/ids.ts';
import { type Queryable, rawSql, sql } from '../kernel/sql.ts';
import { type NumberedPage, pageOf, readPage, readPageOfIds } from '../lists/compile-list.ts';
import type { ListRequest } from '../lists/list-request.ts';
import { sshPublicKeyList, sshUsernameList } from './ssh-lists.ts';
import type { SshPublicKey, SshPublicKeyId, SshUsername, SshUsernameId } from './ssh-username.ts';

const keyColumns = rawSql(`
  ssh_public_keys.id, ssh_public_keys.ssh_username_id as "sshUsernameId", ssh_public_keys.name,
  ssh_public_keys.public_key as "publicKey", ssh_public_keys.inserted_at as "createdAt",
  ssh_public_keys.updated_at as "updatedAt"`);

export interface NewSshUsername {
  readonly id: SshUsernameId;
  readonly nodeId: NodeId;
  readonly username: string;
  readonly passwordHash: string | null;
}

export async function insertUsername(tx: Queryable, ctx: Context, user: NewSshUsername): Promise<void> {
  const now = ctx.clock.now();
  await tx.execute(sql`
    insert into ssh_usernames (id, tenant_id, node_id, username, password_hash, inserted_at, updated_at)
    values (${user.id}, ${ctx.tenantId}, ${user.nodeId}, ${user.username}, ${user.passwordHash}, ${now}, ${now})`);
}

export interface NewSshPublicKey {
  readonly id: SshPublicKeyId;
  readonly sshUsernameId: SshUsernameId;
  readonly name: string;
  readonly publicKey: string;
}

export async function insertKeys(tx: Queryable, ctx: Context, keys: readonly NewSshPublicKey[]): Promise<void> {
  const now = ctx.clock.now();
  await tx.execute(sql`
    insert into ssh_public_keys (id, tenant_id, ssh_username_id, name, public_key, inserted_at, updated_at)
    select key.id, ${ctx.tenantId}, key.ssh_username_id, key.name, key.public_key, ${now}, ${now}
    from unnest(${keys.map(({ id }) => id)}::uuid[], ${keys.map(({ sshUsernameId }) => sshUsernameId)}::uuid[],
      ${keys.map(({ name }) => name)}::text[], ${keys.map(({ publicKey }) => publicKey)}::text[])
      as key (id, ssh_username_id, name, public_key)`);
}

interface UsernameRow extends Omit<SshUsername, 'publicKeys'> {}

/** Those of `ids` that are the tenant's, in that order. */
export async function readUsernames(
  db: Queryable,
  ctx: Context,
  ids: readonly SshUsernameId[],
): Promise<SshUsername[]> {
  const rows = await db.query<UsernameRow>(sql`
    select id, node_id as "nodeId", username, password_hash is not null as "hasPassword",
      inserted_at as "createdAt", updated_at as "updatedAt"
    from ssh_usernames where tenant_id = ${ctx.tenantId} and id = any (${ids}::uuid[])`);
  const keys = await db.query<SshPublicKey>(sql`
    select ${keyColumns} from ssh_public_keys
    where tenant_id = ${ctx.tenantId} and ssh_username_id = any (${ids}::uuid[])
    order by name, id`);
  const keysOf = Map.groupBy(keys, (key) => key.sshUsernameId);
  const byId = new Map(rows.map((row) => [row.id, { ...row, publicKeys: keysOf.get(row.id) ?? [] }]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

export async function readUsernamePage(
  db: Queryable,
  ctx: Context,
  request: ListRequest,
): Promise<NumberedPage<SshUsername>> {
  const scope = sql`ssh_usernames.tenant_id = ${ctx.tenantId}`;
  const page = await readPageOfIds<SshUsernameId>(db, sshUsernameList, request, scope);
  return { ...page, items: await readUsernames(db, ctx, page.items) };
}

/** Returns whose it was. */
export async function removeUsername(db: Queryable, ctx: Context, id: SshUsernameId): Promise<NodeId | undefined> {
  const [row] = await db.query<{ nodeId: NodeId }>(sql`
    delete from ssh_usernames where tenant_id = ${ctx.tenantId} and id = ${id} returning node_id as "nodeId"`);
  return row?.nodeId;
}

export async function findKey(db: Queryable, ctx: Context, id: SshPublicKeyId): Promise<SshPublicKey | undefined> {
  const [row] = await db.query<SshPublicKey>(sql`
    select ${keyColumns} from ssh_public_keys where tenant_id = ${ctx.tenantId} and id = ${id}`);
  return row;
}

interface KeyRow extends SshPublicKey {
  readonly total_count: number;
  readonly place: number | null;
}

export async function readKeyPage(
  db: Queryable,
  ctx: Context,
  request: ListRequest,
): Promise<NumberedPage<SshPublicKey>> {
  const rows = await db.query<KeyRow>(sql`
    select total.total_count, page.place, ${keyColumns}
    from ${pageOf(sshPublicKeyList, request, sql`ssh_public_keys.tenant_id = ${ctx.tenantId}`)}
    left join ssh_public_keys on ssh_public_keys.id = page.id
    order by page.place`);
  return readPage(rows, request, ({ total_count, place, ...key }) => key);
}

/** Returns the node it opened. */
export async function removeKey(db: Queryable, ctx: Context, id: SshPublicKeyId): Promise<NodeId | undefined> {
  const [row] = await db.query<{ nodeId: NodeId }>(sql`
    delete from ssh_public_keys using ssh_usernames
    where ssh_public_keys.tenant_id = ${ctx.tenantId} and ssh_public_keys.id = ${id}
      and ssh_usernames.id = ssh_public_keys.ssh_username_id
    returning ssh_usernames.node_id as "nodeId"`);
  return row?.nodeId;
}

export interface AccessRow {
  readonly nodeId: NodeId;
  readonly username: string;
  readonly passwordHash: string | null;
  readonly publicKeys: readonly string[];
}

/** Who may sign in to these nodes, which are all held here, whosever they are. */
export async function readAccess(db: Queryable, nodeIds: readonly NodeId[]): Promise<AccessRow[]> {
  return db.query<AccessRow>(sql`
    select ssh_usernames.node_id as "nodeId", ssh_usernames.username, ssh_usernames.password_hash as "passwordHash",
      array(select ssh_public_keys.public_key from ssh_public_keys
        where ssh_public_keys.ssh_username_id = ssh_usernames.id order by ssh_public_keys.id) as "publicKeys"
    from ssh_usernames where ssh_usernames.node_id = any (${nodeIds}::uuid[])
    order by ssh_usernames.node_id, ssh_usernames.username`);
}

export interface AttemptedName {
  readonly tenantId: TenantId;
  readonly nodeId: NodeId;
  readonly username: string;
}

export interface AttemptedRow {
  readonly sshUsernameId: SshUsernameId | null;
  readonly clusterName: string | null;
}

/** In the order of the attempts. */
export async function readAttempted(db: Queryable, attempts: readonly AttemptedName[]): Promise<AttemptedRow[]> {
  return db.query<AttemptedRow>(sql`
    select ssh_usernames.id as "sshUsernameId", clusters.name as "clusterName"
    from unnest(${attempts.map(({ tenantId }) => tenantId)}::uuid[], ${attempts.map(({ nodeId }) => nodeId)}::uuid[],
      ${attempts.map(({ username }) => username)}::text[]) with ordinality as tried (tenant_id, node_id, username, place)
    left join nodes on nodes.id = tried.node_id and nodes.tenant_id = tried.tenant_id
    left join clusters on clusters.id = nodes.cluster_id
    left join ssh_usernames on ssh_usernames.node_id = tried.node_id and ssh_usernames.tenant_id = tried.tenant_id
      and ssh_usernames.username = tried.username
    order by tried.place`);
}

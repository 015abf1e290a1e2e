import { randomBytes } from 'node:crypto';
import type { Context } from '../kernel/context.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { Secret } from '../kernel/secret.ts';
import { type Queryable, sql } from '../kernel/sql.ts';

/** What edge-admin's contract shows of every node (seed 001). Sealed at rest, made when they are first asked for. */
export interface NodeSecrets {
  readonly apiToken: Secret;
  readonly proxyPassword: Secret;
}

interface SealedRow {
  readonly id: NodeId;
  readonly apiToken: Buffer | null;
  readonly proxyPassword: Buffer | null;
}

export async function readNodeSecrets(
  ctx: Context,
  { db, sealer }: { readonly db: Queryable; readonly sealer: Sealer },
  nodeIds: readonly NodeId[],
): Promise<Map<NodeId, NodeSecrets>> {
  const rows = await readSealed(db, ctx, nodeIds);
  const bare = rows.filter((row) => row.apiToken === null || row.proxyPassword === null).map((row) => row.id);
  if (bare.length > 0) await makeSecrets(db, ctx, sealer, bare);
  const complete = bare.length > 0 ? await readSealed(db, ctx, nodeIds) : rows;
  return new Map(complete.flatMap((row) => openRow(sealer, row)));
}

function readSealed(db: Queryable, ctx: Context, nodeIds: readonly NodeId[]): Promise<SealedRow[]> {
  return db.query<SealedRow>(sql`
    select id, sealed_api_token as "apiToken", sealed_proxy_password as "proxyPassword" from nodes
    where tenant_id = ${ctx.tenantId} and id = any (${nodeIds}::uuid[])`);
}

/** Whoever comes first makes them; what is there already stays. */
async function makeSecrets(db: Queryable, ctx: Context, sealer: Sealer, nodeIds: readonly NodeId[]): Promise<void> {
  await db.execute(sql`
    update nodes set sealed_api_token = coalesce(nodes.sealed_api_token, fresh.api_token),
      sealed_proxy_password = coalesce(nodes.sealed_proxy_password, fresh.proxy_password)
    from unnest(${nodeIds}::uuid[], ${nodeIds.map((id) => sealer.seal(newToken(), apiTokenContext(id)))}::bytea[],
      ${nodeIds.map((id) => sealer.seal(newToken(), proxyPasswordContext(id)))}::bytea[])
      as fresh (id, api_token, proxy_password)
    where nodes.id = fresh.id and nodes.tenant_id = ${ctx.tenantId}`);
}

function openRow(sealer: Sealer, { id, apiToken, proxyPassword }: SealedRow): [NodeId, NodeSecrets][] {
  if (apiToken === null || proxyPassword === null) return [];
  const open = (sealed: Buffer, context: string) => new Secret(sealer.open(sealed, context).toString('utf8'));
  return [
    [
      id,
      {
        apiToken: open(apiToken, apiTokenContext(id)),
        proxyPassword: open(proxyPassword, proxyPasswordContext(id)),
      },
    ],
  ];
}

/** 256 random bits in 43 characters. */
function newToken(): string {
  return randomBytes(32).toString('base64url');
}

function apiTokenContext(id: NodeId): string {
  return `node-api-token/${id}`;
}

function proxyPasswordContext(id: NodeId): string {
  return `node-proxy-password/${id}`;
}

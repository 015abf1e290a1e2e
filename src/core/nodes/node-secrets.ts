import { randomBytes } from 'node:crypto';
import type { Context } from '../kernel/context.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { Secret } from '../kernel/secret.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import type { Node } from './node.ts';

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

/** A node as it was read: whenever its secrets become new, so does the time of its last change. */
type SeenNode = Pick<Node, 'id' | 'updatedAt'>;

interface Opened {
  readonly updatedAtMs: number;
  readonly secrets: NodeSecrets;
}

/** Nodes whose secrets are remembered; a page of a list has a hundred at most. */
const MOST_REMEMBERED = 5_000;

/**
 * Opens the secrets of nodes, and remembers those that were asked for last: reading and opening them is a third of what
 * a list of nodes costs.
 */
export class NodeSecretsReader {
  readonly #parts: { readonly db: Queryable; readonly sealer: Sealer };
  /** Keyed by node and tenant; the one that was asked for longest ago is the first. */
  readonly #opened = new Map<string, Opened>();

  constructor(parts: { readonly db: Queryable; readonly sealer: Sealer }) {
    this.#parts = parts;
  }

  async read(ctx: Context, nodes: readonly SeenNode[]): Promise<Map<NodeId, NodeSecrets>> {
    const known = new Map<NodeId, NodeSecrets>();
    const unknown: SeenNode[] = [];
    for (const node of nodes) {
      const secrets = this.#recall(ctx, node);
      if (secrets === undefined) unknown.push(node);
      else known.set(node.id, secrets);
    }
    if (unknown.length === 0) return known;
    const read = await readNodeSecrets(
      ctx,
      this.#parts,
      unknown.map(({ id }) => id),
    );
    for (const node of unknown) {
      const secrets = read.get(node.id);
      if (secrets === undefined) continue;
      known.set(node.id, secrets);
      this.#remember(ctx, node, secrets);
    }
    return known;
  }

  #recall(ctx: Context, { id, updatedAt }: SeenNode): NodeSecrets | undefined {
    const key = keyOf(ctx, id);
    const opened = this.#opened.get(key);
    if (opened?.updatedAtMs !== updatedAt.getTime()) return undefined;
    this.#opened.delete(key);
    this.#opened.set(key, opened);
    return opened.secrets;
  }

  #remember(ctx: Context, { id, updatedAt }: SeenNode, secrets: NodeSecrets): void {
    this.#opened.set(keyOf(ctx, id), { updatedAtMs: updatedAt.getTime(), secrets });
    const [oldest] = this.#opened.size > MOST_REMEMBERED ? this.#opened.keys() : [];
    if (oldest !== undefined) this.#opened.delete(oldest);
  }
}

function keyOf({ tenantId }: Context, id: NodeId): string {
  return `${tenantId}/${id}`;
}

async function readNodeSecrets(
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

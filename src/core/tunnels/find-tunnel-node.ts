import { OVERLAY_DOMAIN } from '../clusters/network-names.ts';
import type { Context } from '../kernel/context.ts';
import { type NodeId, parseId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import { liveControllers } from '../nodes/presence-sql.ts';
import { TunnelRefused } from './tunnel.ts';

export interface TunnelNode {
  readonly id: NodeId;
  readonly name: string;
  readonly clusterName: string;
  /** Its session is open, on whichever controller. */
  readonly isConnected: boolean;
}

const OVERLAY_NAME =
  /^node-(?<label>[a-z0-9-]{1,63})\.cluster-(?<cluster>[a-z0-9-]{1,24})(?:\.(?<tenant>[a-z0-9-]{1,63}))?\.nm\.internal$/;
const LONGEST_NAME = 253;

/** Whether it is a name of the overlay's zone, and so of a node or of nothing. */
export function isOverlayName(name: string): boolean {
  const plain = plainName(name);
  return plain === OVERLAY_DOMAIN || plain.endsWith(`.${OVERLAY_DOMAIN}`);
}

/**
 * The node somebody means by `named`: its name in the overlay (`node-{id or alias}.cluster-{name}.nm.internal`), its id
 * with or without `n-`, its name or an alias of it, each with or without a leading `@`.
 * @throws TunnelRefused `node_unknown` for none or several.
 */
export async function findTunnelNode(db: Queryable, ctx: Context, named: string): Promise<TunnelNode> {
  const plain = plainName(named.startsWith('@') ? named.slice(1) : named);
  if (plain === '' || plain.length > LONGEST_NAME) throw unknown(named);
  const { label = plain, cluster = null, tenant = null } = OVERLAY_NAME.exec(plain)?.groups ?? {};
  const id = parseId<NodeId>(label.startsWith('n-') ? label.slice(2) : label) ?? null;
  const found = await db.query<TunnelNode>(sql`
    select nodes.id, nodes.name, clusters.name as "clusterName",
      coalesce(nodes.session_controller_id = any (${liveControllers(ctx.clock.now())}), false) as "isConnected"
    from nodes join clusters on clusters.id = nodes.cluster_id
    where nodes.tenant_id = ${ctx.tenantId} and nodes.revoked_at is null
      and (${cluster}::text is null or clusters.name = ${cluster})
      and (${tenant}::text is null or ${tenant} = (select tenants.slug from tenants where tenants.id = ${ctx.tenantId}))
      and (nodes.id = ${id}::uuid
        or exists (select from aliases where aliases.node_id = nodes.id and aliases.tenant_id = ${ctx.tenantId} and aliases.name = ${label})
        or (${cluster}::text is null and lower(nodes.name) = ${label}))
    order by nodes.id
    limit 2`);
  const [node, other] = found;
  if (node === undefined) throw unknown(named);
  if (other !== undefined)
    throw new TunnelRefused('node_unknown', `${clip(named)} names several nodes; name one by its id`);
  return node;
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

function unknown(named: string): TunnelRefused {
  return new TunnelRefused('node_unknown', `there is no node ${clip(named)}; see garrison nodes list`);
}

function clip(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

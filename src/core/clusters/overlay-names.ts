import { type NodeId, parseId } from '../kernel/ids.ts';
import { type Database, type Queryable, sql } from '../kernel/sql.ts';
import { OVERLAY_DOMAIN } from './network-names.ts';
import { ensureOverlayAddress } from './overlay-address.ts';

/** What a name of the overlay stands for. */
export type OverlayName =
  /** There is no such name. */
  | { readonly kind: 'unknown' }
  /** A name with nothing of its own: a cluster, the zone itself, a node its cluster has no address for. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'node'; readonly address: string };

/** What the name server asks. Names come in lower case, without the dot at the end. */
export interface OverlayNames {
  find(name: string): Promise<OverlayName>;
}

const NAME = new RegExp(
  `^(?:node-(?<label>[a-z0-9-]{1,63})\\.)?cluster-(?<cluster>[a-z0-9-]{1,24})\\.${OVERLAY_DOMAIN.replace('.', '\\.')}$`,
);

/**
 * Names as the database has them: `node-{id or alias}.cluster-{name}.nm.internal`. Names and ranges are unique over all
 * tenants, and so is the answer. A node that has no address yet gets one when it is first asked for; a revoked node has
 * no name any more.
 */
export function overlayNames(db: Database): OverlayNames {
  return {
    async find(name) {
      if (name === OVERLAY_DOMAIN) return { kind: 'empty' };
      const { label, cluster } = NAME.exec(name)?.groups ?? {};
      if (cluster === undefined) return { kind: 'unknown' };
      return label === undefined ? findCluster(db, cluster) : findNode(db, cluster, label);
    },
  };
}

async function findCluster(db: Queryable, cluster: string): Promise<OverlayName> {
  const found = await db.query(sql`select from clusters where name = ${cluster}`);
  return found.length > 0 ? { kind: 'empty' } : { kind: 'unknown' };
}

async function findNode(db: Database, cluster: string, label: string): Promise<OverlayName> {
  const [node] = await db.query<{ id: NodeId; address: string | null }>(sql`
    select nodes.id, host(nodes.overlay_address) as address
    from nodes join clusters on clusters.id = nodes.cluster_id
    where clusters.name = ${cluster} and nodes.revoked_at is null and nodes.id = coalesce(${parseId(label) ?? null}::uuid, (
      select aliases.node_id from aliases where aliases.cluster_id = clusters.id and aliases.name = ${label}))`);
  if (node === undefined) return { kind: 'unknown' };
  const address = node.address ?? (await db.transaction((tx) => ensureOverlayAddress(tx, node.id)));
  return address === undefined ? { kind: 'empty' } : { kind: 'node', address };
}

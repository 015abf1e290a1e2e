import { type NodeId, parseId, type TenantId } from '../kernel/ids.ts';
import { type Database, sql } from '../kernel/sql.ts';
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

const LABEL = '[a-z0-9-]{1,63}';
const NAME = new RegExp(
  `^(?:node-(?<label>${LABEL})\\.)?cluster-(?<cluster>[a-z0-9-]{1,24})(?:\\.(?<tenant>${LABEL}))?\\.${OVERLAY_DOMAIN.replace('.', '\\.')}$`,
);

export interface OverlayNamesDeps {
  readonly db: Database;
  /** Whose aliases are found without naming a tenant. */
  readonly systemTenantId: TenantId;
}

/**
 * Names as the database has them. Clusters of several tenants may have the same name, so there are two forms:
 *
 * - `node-{id}.cluster-{name}.nm.internal` is the node with that id, of whatever tenant: ids are unique.
 *   `node-{alias}.cluster-{name}.nm.internal` is an alias in the tenant of the installation itself.
 * - `node-{id or alias}.cluster-{name}.{tenant}.nm.internal`, with the slug of the tenant, finds those of any tenant.
 *
 * The name of a cluster is empty, whether there is one or not: it tells nobody which clusters others have. A node that has no
 * address yet gets one when it is first asked for; a revoked node has no name any more.
 */
export function overlayNames(deps: OverlayNamesDeps): OverlayNames {
  return {
    async find(name) {
      if (name === OVERLAY_DOMAIN) return { kind: 'empty' };
      const { label, cluster, tenant } = NAME.exec(name)?.groups ?? {};
      if (cluster === undefined) return { kind: 'unknown' };
      return label === undefined ? { kind: 'empty' } : findNode(deps, { label, cluster, tenant });
    },
  };
}

interface NodeLabels {
  /** Id or alias. */
  readonly label: string;
  readonly cluster: string;
  /** Slug. */
  readonly tenant: string | undefined;
}

async function findNode({ db, systemTenantId }: OverlayNamesDeps, labels: NodeLabels): Promise<OverlayName> {
  const { label, cluster, tenant } = labels;
  const id = parseId(label) ?? null;
  const isTenant =
    tenant === undefined
      ? sql`(${id}::uuid is not null or clusters.tenant_id = ${systemTenantId})`
      : sql`clusters.tenant_id = (select tenants.id from tenants where tenants.slug = ${tenant})`;
  const [node] = await db.query<{ id: NodeId; address: string | null }>(sql`
    select nodes.id, host(nodes.overlay_address) as address
    from nodes join clusters on clusters.id = nodes.cluster_id
    where clusters.name = ${cluster} and ${isTenant} and nodes.revoked_at is null
      and nodes.id = coalesce(${id}::uuid, (
        select aliases.node_id from aliases where aliases.cluster_id = clusters.id and aliases.name = ${label}))`);
  if (node === undefined) return { kind: 'unknown' };
  const address = node.address ?? (await db.transaction((tx) => ensureOverlayAddress(tx, node.id)));
  return address === undefined ? { kind: 'empty' } : { kind: 'node', address };
}

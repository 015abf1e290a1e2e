import type { NodeId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';

/** Addresses at the beginning of every range that no node gets: the network's own, and the controllers'. */
const FIRST_OFFSET = 11;

/**
 * The node's address in its cluster's range: the one it has, else the lowest free one, given to it now. Undefined when
 * the range is full. One at a time per cluster, behind the cluster's row.
 */
export async function ensureOverlayAddress(tx: Queryable, nodeId: NodeId): Promise<string | undefined> {
  await tx.query(sql`
    select from clusters where id = (select cluster_id from nodes where id = ${nodeId}) for no key update`);
  const [row] = await tx.query<{ address: string | null }>(sql`
    update nodes set overlay_address = coalesce(nodes.overlay_address, (
      select candidate.address
      from (
        select host(network(clusters.ipv4_range))::inet + ${FIRST_OFFSET}::bigint as address
        union all
        select host(taken.overlay_address)::inet + 1 from nodes as taken
        where taken.cluster_id = clusters.id and taken.overlay_address is not null
      ) as candidate
      where candidate.address < host(broadcast(clusters.ipv4_range))::inet and not exists (
        select from nodes as other where other.cluster_id = clusters.id and other.overlay_address = candidate.address
      )
      order by candidate.address limit 1
    ))
    from clusters
    where nodes.id = ${nodeId} and clusters.id = nodes.cluster_id
    returning host(nodes.overlay_address) as address`);
  return row?.address ?? undefined;
}

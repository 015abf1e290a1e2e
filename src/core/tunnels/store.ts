import type { Id, NodeId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';

export type TunnelId = Id<'tunnel'>;

export interface TunnelRequestRow {
  readonly id: TunnelId;
  readonly nodeId: NodeId;
  readonly sealed: Buffer;
}

const KEPT_SECONDS = 15;

/** Kept for the controller that has the node's session. What nobody has read goes with the next one. */
export async function putTunnelRequest(db: Queryable, { id, nodeId, sealed }: TunnelRequestRow): Promise<void> {
  await db.execute(sql`
    with expired as (delete from tunnel_requests where expires_at < clock_timestamp())
    insert into tunnel_requests (id, node_id, sealed, expires_at)
    values (${id}, ${nodeId}, ${sealed}, clock_timestamp() + make_interval(secs => ${KEPT_SECONDS}))`);
}

/** Once: a second reader finds nothing. */
export async function takeTunnelRequest(
  db: Queryable,
  { id, nodeId }: Pick<TunnelRequestRow, 'id' | 'nodeId'>,
): Promise<Buffer | undefined> {
  const [row] = await db.query<{ sealed: Buffer }>(sql`
    delete from tunnel_requests where id = ${id} and node_id = ${nodeId} and expires_at >= clock_timestamp()
    returning sealed`);
  return row?.sealed;
}

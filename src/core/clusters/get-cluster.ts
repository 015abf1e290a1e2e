import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { NumberedPage } from '../lists/compile-list.ts';
import type { ListRequest } from '../lists/list-request.ts';
import type { PresenceOptions } from '../nodes/presence.ts';
import type { PopulatedCluster } from './cluster.ts';
import { findCluster, populate, readClusterPage } from './store.ts';

export interface ClusterReading {
  readonly db: Queryable;
  readonly presence: PresenceOptions;
}

/** @throws FleetError `not_found`. */
export async function getCluster(
  ctx: Context,
  { db, presence }: ClusterReading,
  name: string,
): Promise<PopulatedCluster> {
  const cluster = await findCluster(db, ctx, name);
  const [populated] = cluster === undefined ? [] : await populate(db, ctx, [cluster], presence);
  if (populated === undefined) throw notFound('cluster');
  return populated;
}

/** A page of clusters, each with all its nodes. */
export async function listClusters(
  ctx: Context,
  { db, presence }: ClusterReading,
  request: ListRequest,
): Promise<NumberedPage<PopulatedCluster>> {
  const page = await readClusterPage(db, ctx, request);
  return { ...page, items: await populate(db, ctx, page.items, presence) };
}

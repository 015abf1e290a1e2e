import { Reconciler } from '#runtime/reconciler.ts';
import type { Clock } from '../kernel/clock.ts';
import type { ControllerId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import { writeAssignments } from './sharding-store.ts';
import { readAssignments } from './sharding-topology.ts';

export interface ShardingParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly controllerId: ControllerId;
  /** Default 3,000 ms: with a lease of 10 s the clusters of a controller that died move within 15 s. */
  readonly everyMs?: number;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Writes down which controller answers for which cluster, as the facts have it now; whoever joins, leaves or changes
 * something is seen by the next pass. Every controller comes to the same answer, so only the first by name writes;
 * when two of them think they are the first, they write the same. What is shown to callers is computed anew and does
 * not wait for this.
 */
export function shardingReconciler({ db, clock, controllerId, everyMs = 3_000, onFailure }: ShardingParts): Reconciler {
  return new Reconciler({
    name: 'sharding',
    everyMs,
    onFailure,
    reconcile: async () => void (await recomputeSharding({ db, clock, controllerId })),
  });
}

/** Returns how many clusters have another controller than before. */
export async function recomputeSharding({
  db,
  clock,
  controllerId,
}: Omit<ShardingParts, 'onFailure'>): Promise<number> {
  const { topology, controllerOf } = await readAssignments(db, clock);
  if (topology.weakLeader?.id !== controllerId) return 0;
  return writeAssignments(db, controllerOf);
}

import { createHash } from 'node:crypto';
import type { ClusterId, ControllerId } from '../kernel/ids.ts';

/**
 * Which controller answers for which cluster: a pure function of who is there, so every controller comes to the same
 * answer without asking another (seed 001).
 *
 * Clusters are placed largest first. A cluster is never split: only controllers with room for all of its nodes come into
 * question. Of those it gets the one with the fewest clusters so far, then the one with most room, then the one that a
 * hash over both names prefers, so that a controller that comes or goes moves as little as can be. A cluster nobody has
 * room for is orphaned.
 */
export function shardClusters(
  clusters: readonly ShardedCluster[],
  controllers: readonly ShardingController[],
): Map<ClusterId, ControllerId | null> {
  const loads = controllers.map((controller) => ({ controller, clusters: 0, room: controller.nodeCapacity }));
  const bySize = clusters.toSorted(
    (left, right) => right.nodeCount - left.nodeCount || compare(left.name, right.name) || compare(left.id, right.id),
  );
  return new Map(bySize.map((cluster) => [cluster.id, place(cluster, loads)]));
}

export interface ShardedCluster {
  readonly id: ClusterId;
  readonly name: string;
  readonly nodeCount: number;
}

export interface ShardingController {
  readonly id: ControllerId;
  readonly name: string;
  /** Most nodes it answers for. */
  readonly nodeCapacity: number;
}

interface Load {
  readonly controller: ShardingController;
  clusters: number;
  room: number;
}

function place(cluster: ShardedCluster, loads: readonly Load[]): ControllerId | null {
  const withRoom = loads.filter((load) => load.room >= cluster.nodeCount);
  const fewest = Math.min(...withRoom.map((load) => load.clusters));
  const leastBurdened = withRoom.filter((load) => load.clusters === fewest);
  const most = Math.max(...leastBurdened.map((load) => load.room));
  const [chosen] = leastBurdened.filter((load) => load.room === most).toSorted(byAffinity(cluster.name));
  if (chosen === undefined) return null;
  chosen.clusters += 1;
  chosen.room -= cluster.nodeCount;
  return chosen.controller.id;
}

function byAffinity(clusterName: string) {
  return (left: Load, right: Load) =>
    compare(affinity(clusterName, right), affinity(clusterName, left)) ||
    compare(left.controller.name, right.controller.name);
}

function affinity(clusterName: string, { controller }: Load): string {
  return createHash('sha256').update(`${clusterName}\0${controller.name}`).digest('hex');
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

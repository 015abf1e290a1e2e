import type { Clock } from '../kernel/clock.ts';
import type { Context } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import type { ClusterId, ControllerId, NodeId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import { isActive, type KnownController } from './known-controller.ts';
import { type ShardedCluster, shardClusters } from './sharding.ts';
import { countNodesOfAll, readClusterSizes, readInhabitants, readKnownControllers } from './sharding-store.ts';

export interface ActiveController extends KnownController {
  /** The other controllers it is connected with. */
  readonly peerCount: number;
  /** What is left of its capacity for nodes. */
  readonly nodeCapacity: number;
}

export interface Topology {
  /** Those whose lease runs, by name. */
  readonly controllers: readonly ActiveController[];
  readonly totalNodes: number;
  readonly totalCapacity: number;
  /** More nodes than capacity. A cluster can be orphaned without it, because clusters are not split. */
  readonly isDegraded: boolean;
  /** The first by name: it does the housekeeping that one is enough for. */
  readonly weakLeader: ActiveController | undefined;
  readonly computedAt: Date;
}

export async function readTopology(db: Queryable, clock: Clock): Promise<Topology> {
  const now = clock.now();
  const active = (await readKnownControllers(db)).filter((controller) => isActive(controller, now));
  const peerCount = Math.max(0, active.length - 1);
  const controllers = active.map((controller) => ({
    ...controller,
    peerCount,
    nodeCapacity: Math.max(0, controller.capacity - peerCount),
  }));
  const totalNodes = await countNodesOfAll(db);
  const totalCapacity = controllers.reduce((sum, controller) => sum + controller.nodeCapacity, 0);
  return {
    controllers,
    totalNodes,
    totalCapacity,
    isDegraded: totalNodes > totalCapacity,
    weakLeader: controllers[0],
    computedAt: now,
  };
}

/** Whether this controller is the one that does what one is enough for: the first by name of those whose lease runs. */
export async function isWeakLeader(db: Queryable, clock: Clock, id: ControllerId): Promise<boolean> {
  const now = clock.now();
  const first = (await readKnownControllers(db)).find((controller) => isActive(controller, now));
  return first?.id === id;
}

/** Adding load, and what the contract forbids with it, stops here. @throws FleetError `degraded`. */
export async function refuseWhenDegraded(db: Queryable, clock: Clock): Promise<void> {
  const { isDegraded, totalNodes, totalCapacity } = await readTopology(db, clock);
  if (!isDegraded) return;
  throw new FleetError('degraded', 'Cluster is in degraded mode (over capacity) — try again when capacity recovers', {
    facts: { totalNodes, totalCapacity },
  });
}

/** Where every cluster belongs now. */
export async function readAssignments(db: Queryable, clock: Clock): Promise<Assignments> {
  const topology = await readTopology(db, clock);
  const clusters = await readClusterSizes(db);
  return { topology, clusters, controllerOf: shardClusters(clusters, topology.controllers) };
}

export interface Assignments {
  readonly topology: Topology;
  readonly clusters: readonly ShardedCluster[];
  /** Null: nobody has room for it. */
  readonly controllerOf: ReadonlyMap<ClusterId, ControllerId | null>;
}

export interface AssignedCluster {
  readonly name: string;
  readonly controllerId: ControllerId | null;
  readonly nodeIds: readonly NodeId[];
}

/** The tenant's clusters with the controllers that answer for them, by name. */
export async function listAssignedClusters(
  ctx: Context,
  db: Queryable,
): Promise<{ readonly topology: Topology; readonly clusters: readonly AssignedCluster[] }> {
  const { topology, controllerOf } = await readAssignments(db, ctx.clock);
  const inhabited = await readInhabitants(db, ctx);
  const clusters = inhabited.map(({ id, name, nodeIds }) => ({
    name,
    nodeIds,
    controllerId: controllerOf.get(id) ?? null,
  }));
  return { topology, clusters };
}

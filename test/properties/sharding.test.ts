import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ShardedCluster, type ShardingController, shardClusters } from '#core/controllers/sharding.ts';
import type { ClusterId, ControllerId } from '#core/kernel/ids.ts';

const clusters = fc
  .array(fc.integer({ min: 0, max: 40 }), { maxLength: 30 })
  .map((sizes) => sizes.map((nodeCount, number) => cluster(`c${number}`, nodeCount)));

const controllers = fc
  .array(fc.integer({ min: 0, max: 120 }), { maxLength: 6 })
  .map((capacities) => capacities.map((nodeCapacity, number) => controller(`k${number}`, nodeCapacity)));

function cluster(name: string, nodeCount: number): ShardedCluster {
  return { id: name as ClusterId, name, nodeCount }; // names serve as ids here
}

function controller(name: string, nodeCapacity: number): ShardingController {
  return { id: name as ControllerId, name, nodeCapacity }; // names serve as ids here
}

function loadsOf(all: readonly ShardedCluster[], assigned: ReadonlyMap<string, string | null>): Map<string, number> {
  const loads = new Map<string, number>();
  for (const { id, nodeCount } of all) {
    const owner = assigned.get(id);
    if (owner) loads.set(owner, (loads.get(owner) ?? 0) + nodeCount);
  }
  return loads;
}

describe('for any clusters and controllers', () => {
  test('every cluster has an answer, and nobody answers for more nodes than it has room for', () => {
    fc.assert(
      fc.property(clusters, controllers, (all, who) => {
        const assigned = shardClusters(all, who);
        expect(assigned.size).toBe(all.length);
        const loads = loadsOf(all, assigned);
        for (const { id, nodeCapacity } of who) expect(loads.get(id) ?? 0).toBeLessThanOrEqual(nodeCapacity);
      }),
    );
  });

  test('the order in which they are known does not matter', () => {
    const shuffled = fc
      .tuple(clusters, controllers)
      .chain(([all, who]) =>
        fc.tuple(
          fc.constant({ all, who }),
          fc.shuffledSubarray(all, { minLength: all.length }),
          fc.shuffledSubarray(who, { minLength: who.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([{ all, who }, otherAll, otherWho]) => {
        const assigned = shardClusters(all, who);
        const again = shardClusters(otherAll, otherWho);
        for (const { id } of all) expect(again.get(id)).toBe(assigned.get(id));
      }),
    );
  });

  test('a cluster is orphaned only when nobody had room for it at its turn', () => {
    fc.assert(
      fc.property(clusters, controllers, (all, who) => {
        const assigned = shardClusters(all, who);
        for (const { id, nodeCount } of all) {
          if (assigned.get(id) !== null) continue;
          const before = all.filter(
            (one) => one.nodeCount > nodeCount || (one.nodeCount === nodeCount && one.name < id),
          );
          const atItsTurn = loadsOf(before, assigned);
          for (const { id: owner, nodeCapacity } of who) {
            expect(nodeCapacity - (atItsTurn.get(owner) ?? 0)).toBeLessThan(nodeCount);
          }
        }
      }),
    );
  });

  test('with room everywhere the numbers of clusters differ by one at most', () => {
    fc.assert(
      fc.property(clusters, fc.integer({ min: 1, max: 6 }), (all, count) => {
        const who = Array.from({ length: count }, (_, number) => controller(`k${number}`, 100_000));
        const numbers = who.map(
          ({ id }) => [...shardClusters(all, who).values()].filter((owner) => owner === id).length,
        );
        expect(Math.max(...numbers) - Math.min(...numbers)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the order of what counts', () => {
  const owners = (all: readonly ShardedCluster[], who: readonly ShardingController[]) =>
    Object.fromEntries(shardClusters(all, who));

  test('the largest goes first, and a cluster is never split', () => {
    expect(owners([cluster('small', 2), cluster('large', 8)], [controller('a', 9)])).toEqual({
      large: 'a',
      small: null,
    });
  });

  test('fewest clusters before most room', () => {
    const all = [cluster('x', 5), cluster('y', 1)];
    expect(owners(all, [controller('roomy', 100), controller('tight', 6)])).toEqual({ x: 'roomy', y: 'tight' });
  });

  test('most room where the numbers are equal', () => {
    expect(owners([cluster('x', 5)], [controller('tight', 6), controller('roomy', 100)])).toEqual({ x: 'roomy' });
  });

  test('without controllers everything is orphaned', () => {
    expect(owners([cluster('x', 0)], [])).toEqual({ x: null });
  });

  test('among equals the hash decides, so that clusters spread and stay', () => {
    const all = Array.from({ length: 60 }, (_, number) => cluster(`c${number}`, 1));
    const three = ['a', 'b', 'c'].map((name) => controller(name, 1000));
    const before = shardClusters(all, three);
    const after = shardClusters(all, three.slice(0, 2));
    const stayed = all.filter(({ id }) => before.get(id) !== 'c' && before.get(id) === after.get(id)).length;
    expect([...before.values()].filter((owner) => owner === 'a')).toHaveLength(20);
    expect(stayed).toBeGreaterThan(15);
  });
});

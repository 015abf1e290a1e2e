import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NodeId } from '#core/kernel/ids.ts';
import type { Target } from '#core/selectors/target.ts';
import { withInstants } from '#core/selectors/with-instants.ts';
import { readTarget } from '#surfaces/edge-fleet/mapping/targets.ts';
import type { Targeting } from '#surfaces/targeting/wire.ts';
import { matchesSelector, type SelectableNode } from '#test/support/matches-selector.ts';

interface Member {
  readonly id: NodeId;
  readonly version: string;
  readonly cluster: string;
  readonly nodeCount: number;
  /** Its first day. */
  readonly day: number;
}

const DAYS = ['2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04'];
const FLEET: readonly Member[] = Array.from({ length: 12 }, (_, at) => ({
  id: `0190a5c0-0000-7000-8000-${String(at).padStart(12, '0')}` as NodeId,
  version: `1.${at % 3}.0`,
  cluster: ['eu-north', 'eu-south', 'us'][at % 3] ?? 'us',
  nodeCount: 4,
  day: at % DAYS.length,
}));

interface Said<Part> {
  readonly part: Part;
  /** What it means, said without any reader. */
  readonly means: (member: Member) => boolean;
}

const everybody = () => true;
const dayOf = (at: number) => DAYS[at] ?? '';

const whom: fc.Arbitrary<Said<Pick<Targeting, 'type' | 'node_ids' | 'cluster_names'>>> = fc.oneof(
  fc.constant({ part: { type: 'all' as const }, means: everybody }),
  fc.subarray([...FLEET], { minLength: 1 }).map((some) => ({
    part: { type: 'nodes' as const, node_ids: some.map(({ id }) => id.toUpperCase()) },
    means: ({ id }: Member) => some.some((one) => one.id === id),
  })),
  fc.subarray(['eu-north', 'eu-south', 'us'], { minLength: 1 }).map((names) => ({
    part: { type: 'clusters' as const, cluster_names: names },
    means: ({ cluster }: Member) => names.includes(cluster),
  })),
);

type NodeFilters = NonNullable<Targeting['node_filters']>;
const nodeFilters: fc.Arbitrary<Said<NodeFilters>> = fc.constantFrom<Said<NodeFilters>>(
  { part: {}, means: everybody },
  { part: { version: '1.1.0' }, means: ({ version }) => version === '1.1.0' },
  { part: { version: '1.*.0' }, means: everybody },
  { part: { version: '1.0.0,1.2.0' }, means: ({ version }) => version !== '1.1.0' },
  { part: { cluster_name: 'EU-*' }, means: ({ cluster }) => cluster.startsWith('eu-') },
  { part: { id_type: 'random' }, means: () => false },
  ...DAYS.flatMap((day, at): Said<NodeFilters>[] => [
    { part: { inserted_at__gte: day }, means: (member) => member.day >= at },
    { part: { inserted_at__lte: day }, means: (member) => member.day <= at },
    { part: { inserted_at__gte: `${day}T12:00:00.001Z` }, means: (member) => member.day > at },
    {
      part: { inserted_at__gte: dayOf(1), inserted_at__lte: day },
      means: (member) => member.day >= 1 && member.day <= at,
    },
  ]),
);

type ClusterFilters = NonNullable<Targeting['cluster_filters']>;
const clusterFilters: fc.Arbitrary<Said<ClusterFilters>> = fc.constantFrom<Said<ClusterFilters>>(
  { part: {}, means: everybody },
  { part: { name: 'us' }, means: ({ cluster }) => cluster === 'us' },
  { part: { name: 'us,eu-s*' }, means: ({ cluster }) => cluster !== 'eu-north' },
  { part: { has_node_limit: true }, means: () => false },
  { part: { node_count: 4 }, means: everybody },
  { part: { node_count__gte: 5 }, means: () => false },
  { part: { inserted_at__lte: dayOf(0) }, means: everybody },
  { part: { inserted_at__gte: dayOf(1) }, means: () => false },
);

test('a targeting means what it says, from the wire through the pin to the nodes', () => {
  let divided = 0;
  const some = fc.tuple(whom, fc.option(nodeFilters), fc.option(clusterFilters));
  fc.assert(
    fc.property(some, ([where, ofNodes, ofClusters]) => {
      const targeting: Targeting = {
        ...where.part,
        ...(ofNodes && { node_filters: ofNodes.part }),
        ...(ofClusters && { cluster_filters: ofClusters.part }),
      };
      const pinned = withInstants(JSON.parse(JSON.stringify(readTarget({ Targeting: targeting }))));
      const met = FLEET.filter((member) => isMeant(pinned, member)).map(({ id }) => id);
      const meant = FLEET.filter((member) => [where, ofNodes, ofClusters].every((one) => one?.means(member) ?? true));
      expect([targeting, met]).toEqual([targeting, meant.map(({ id }) => id)]);
      if (met.length > 0 && met.length < FLEET.length) divided += 1;
    }),
    { numRuns: 1_000 },
  );
  expect(divided).toBeGreaterThan(200);
});

function isMeant(target: Target, member: Member): boolean {
  if (target.kind !== 'selector') throw new Error(`a targeting is a ${target.kind}`);
  const surroundings = { now: new Date(), staleAfterMs: 1, groups: new Map() };
  return matchesSelector(target.selector, selectable(member), surroundings);
}

function selectable({ id, version, cluster, nodeCount, day }: Member): SelectableNode {
  const enrolledAt = new Date(`${dayOf(day)}T12:00:00Z`);
  const created = new Date(`${dayOf(0)}T00:00:00Z`);
  const ofCluster = { name: cluster, nodeCount, nodeLimit: null, createdAt: created, updatedAt: created };
  return { id, version, idType: 'persistent', enrolledAt, cluster: ofCluster } as unknown as SelectableNode; // what is asked for
}

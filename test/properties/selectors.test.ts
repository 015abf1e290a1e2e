import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '#core/kernel/clock.ts';
import { type ClusterId, type GroupId, type NodeId, newId } from '#core/kernel/ids.ts';
import { type Queryable, sql } from '#core/kernel/sql.ts';
import type { TextPattern } from '#core/kernel/text-pattern.ts';
import { presenceOf } from '#core/nodes/presence.ts';
import { readSummaries } from '#core/nodes/store.ts';
import { compileSelector, type SelectorSurroundings } from '#core/selectors/compile-selector.ts';
import type {
  ClusterCondition,
  LabelCondition,
  Range,
  Selector,
  SelectorStep,
  StoredSelector,
  TagCondition,
} from '#core/selectors/selector.ts';
import { matchesSelector, type SelectableNode } from '#test/support/matches-selector.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import {
  contextOf,
  type NodeSeed,
  type SeededTenant,
  seedCluster,
  seedController,
  seedNodes,
  seedTenant,
} from '../support/seed-nodes.ts';

const NOW = new Date('2026-11-25T12:00:00.000Z');
const STALE_AFTER_MS = 90_000;
const NODES = 60;

let database: TestDatabase;
let tenant: SeededTenant;
let nodes: SelectableNode[];
let clusterIds: ClusterId[];
const groupId = newId<GroupId>();

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  tenant = await seedTenant(db);
  const other = await seedCluster(db, tenant.tenantId, 7);
  clusterIds = [tenant.clusterId, other.clusterId];
  const alive = await seedController(db, new Date(NOW.getTime() + 5_000));
  const dead = await seedController(db, NOW);
  const seed = fc.record({
    clusterId: fc.constantFrom(...clusterIds),
    name: text,
    idType: fc.constantFrom('persistent', 'random'),
    enrolledAt: instant,
    updatedAt: instant,
    revokedAt: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, instant),
    tags: fc.uniqueArray(word, { maxLength: 4 }),
    os: fc.constantFrom('linux', 'darwin', ''),
    arch: fc.constantFrom('x86_64', 'aarch64'),
    version: text,
    localTools: fc.uniqueArray(word, { maxLength: 4 }),
    labels: fc.dictionary(word, fc.constantFrom('eu', 'us', ''), { maxKeys: 3 }),
    isSelfUpdateEnabled: fc.boolean(),
    isHealthy: fc.boolean(),
    lastSeenAt: fc.oneof(instant, fc.constant(null), fc.constant(new Date(NOW.getTime() - STALE_AFTER_MS))),
    controllerId: fc.constantFrom(alive, alive, dead, null),
    openedAt: instant,
  });
  await seedNodes(db, tenant, fc.sample(seed, { numRuns: NODES, seed: 3 }) satisfies NodeSeed[]);
  nodes = await readSelectable(db);
});

afterAll(() => database.close());

const word = fc.constantFrom('a', 'b', 'c', 'prod', 'a b', '%', "'", 'é');
const words = fc.array(word, { maxLength: 3 });
const text = fc.constantFrom('web-1', 'WEB-2', 'db_1', 'db%2', 'a\\b', '1.0.0', '1.0.1', '');
const instant = fc.integer({ min: -400_000, max: 1_000 }).map((ms) => new Date(NOW.getTime() + ms));

const tagCondition: fc.Arbitrary<TagCondition> = fc.oneof(
  fc.record({ has: word }),
  fc.record({ anyOf: words }),
  fc.record({ allOf: words }),
  fc.record({ noneOf: words }),
);
const labelCondition: fc.Arbitrary<LabelCondition> = fc.oneof(
  fc.record({ equals: fc.dictionary(word, fc.constantFrom('eu', 'us', ''), { maxKeys: 2 }) }),
  fc.record({ exists: word }),
  fc.record({ in: fc.dictionary(word, fc.array(fc.constantFrom('eu', 'us', ''), { maxLength: 2 }), { maxKeys: 2 }) }),
);
const pattern: fc.Arbitrary<TextPattern> = fc.oneof(
  fc.record({ exactly: text }),
  fc.record({ like: fc.constantFrom('*', 'web*', '*1', 'D*_*', 'db%*', 'a\\*', '1.*', '*0*0', '') }),
);
const patterns = fc.array(pattern, { maxLength: 3 });
const rangeOf = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Range<Value>> =>
  fc.record({ atLeast: value, atMost: value, below: value }, { requiredKeys: [] });
const stored: fc.Arbitrary<StoredSelector> = fc.record(
  {
    os: fc.constantFrom('linux', 'darwin', ''),
    arch: fc.constantFrom('x86_64', 'aarch64', 'vax'),
    tools: words,
    tags: fc.array(tagCondition, { maxLength: 3 }),
    labels: fc.array(labelCondition, { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
/** Looked up when it runs: the nodes are there by then. */
const someIds = fc
  .array(fc.nat(NODES - 1), { maxLength: 5 })
  .map((places) => places.map((place) => nodes[place]?.id as NodeId));
const cluster: fc.Arbitrary<ClusterCondition> = fc.record(
  {
    ids: fc.array(fc.nat(1), { maxLength: 2 }).map((places) => places.map((place) => clusterIds[place] as ClusterId)),
    names: fc.array(fc.constantFrom({ like: 'c-*' }, { like: 'x*' }), { maxLength: 2 }),
    ipv4Ranges: fc.array(fc.constantFrom({ exactly: '100.64.0.0/24' }, { like: '100.64.*' }), { maxLength: 2 }),
    hasNodeLimit: fc.boolean(),
    nodeLimit: rangeOf(fc.constantFrom(6, 7, 8)),
    nodeCount: rangeOf(fc.integer({ min: 20, max: 40 })),
    createdAt: fc.constant({ atLeast: new Date(0) }),
    updatedAt: fc.constant({ atMost: new Date(0) }),
  },
  { requiredKeys: [] },
);
const steps: fc.Arbitrary<readonly SelectorStep[]> = fc.array(
  fc.record({
    join: fc.constantFrom('add', 'add', 'keep', 'remove'),
    selector: fc.oneof(
      stored,
      fc.record({ names: patterns }),
      fc.record({ ids: someIds }),
      fc.record({ group: fc.constant(groupId) }),
      fc.record({ lastSeenAt: rangeOf(instant) }),
      fc.constant({}),
    ),
  }),
  { maxLength: 4 },
);
const selector: fc.Arbitrary<Selector> = fc
  .tuple(
    stored,
    fc.record(
      {
        ids: someIds,
        group: fc.constant(groupId),
        names: patterns,
        presence: fc.array(
          fc.record(
            { kind: fc.constantFrom('revoked', 'connected', 'stale', 'disconnected'), isHealthy: fc.boolean() },
            { requiredKeys: ['kind'] },
          ),
          { maxLength: 3 },
        ),
        idTypes: fc.uniqueArray(fc.constantFrom('persistent', 'random')),
        versions: patterns,
        isSelfUpdateEnabled: fc.boolean(),
        lastSeenAt: rangeOf(instant),
        enrolledAt: rangeOf(instant),
        updatedAt: rangeOf(instant),
        clusters: fc.array(cluster, { maxLength: 2 }),
        steps,
      },
      { requiredKeys: [] },
    ),
  )
  .chain(([left, right]) => {
    const whole = { ...left, ...right } as Selector; // every key of it is one of a selector
    const keys = Object.keys(whole) as (keyof Selector)[];
    // few keys at a time, or nothing would ever match
    return fc.subarray(keys, { maxLength: 3 }).map((kept) => Object.fromEntries(kept.map((key) => [key, whole[key]])));
  });

test('a selector means the same in SQL and in memory', async () => {
  let met = 0;
  await fc.assert(
    fc.asyncProperty(selector, stored, someIds, async (one, groupSelector, pinnedMembers) => {
      const surroundings = surround(groupSelector, pinnedMembers);
      const expected = nodes.filter((node) => matchesSelector(one, node, surroundings)).map((node) => node.id);
      const found = await select(one, surroundings);
      expect(found.map((node) => node.id).toSorted()).toEqual(expected.toSorted());
      if (expected.length > 0 && expected.length < NODES) met += 1;
    }),
    { numRuns: 600 },
  );
  // the property would hold for selectors that meet nobody or everybody: many must divide the nodes
  expect(met).toBeGreaterThan(150);
});

test('presence means the same in SQL and in memory, and every kind occurs', async () => {
  const found = await select({}, surround({}, []));
  const expected = nodes.map((node) => [node.id, presenceOf(node, NOW, { staleAfterMs: STALE_AFTER_MS }).kind]);
  expect(Object.fromEntries(found.map(({ id, presence }) => [id, presence]))).toEqual(Object.fromEntries(expected));
  expect(new Set(found.map(({ presence }) => presence))).toEqual(
    new Set(['revoked', 'connected', 'stale', 'disconnected']),
  );
});

test.each<[string, Selector, 'everyone' | 'nobody']>([
  ['the empty selector', {}, 'everyone'],
  ['all of nothing', { tags: [{ allOf: [] }] }, 'everyone'],
  ['none of nothing', { tags: [{ noneOf: [] }] }, 'everyone'],
  ['any of nothing', { tags: [{ anyOf: [] }] }, 'nobody'],
  ['a label in nothing', { labels: [{ in: { a: [] } }] }, 'nobody'],
  ['no tools', { tools: [] }, 'everyone'],
  ['no ids', { ids: [] }, 'nobody'],
  ['no steps', { steps: [] }, 'nobody'],
  [
    'everyone without those never seen, and all again',
    {
      steps: [
        { join: 'remove', selector: {} },
        { join: 'add', selector: {} },
      ],
    },
    'everyone',
  ],
])('%s matches %s', async (_, one, who) => {
  const found = await select(one, surround({}, []));
  expect(found.length).toBe(who === 'everyone' ? NODES : 0);
});

test('a tag that is not there is met by NoneOf on nodes without any tags', async () => {
  const [untagged] = nodes.filter((node) => node.tags.length === 0);
  const found = await select({ tags: [{ noneOf: ['prod'] }] }, surround({}, []));
  expect(found.map((node) => node.id)).toContain(untagged?.id);
});

function surround(groupSelector: StoredSelector, pinnedMembers: readonly NodeId[]): SelectorSurroundings {
  return {
    now: NOW,
    staleAfterMs: STALE_AFTER_MS,
    groups: new Map([[groupId, { selector: groupSelector, pinnedMembers }]]),
  };
}

function select(one: Selector, surroundings: SelectorSurroundings) {
  const ctx = contextOf(tenant, new ManualClock(NOW));
  return readSummaries(database.db, ctx, compileSelector(one, surroundings), STALE_AFTER_MS);
}

/** Straight from the tables, beside everything that is tested here. */
async function readSelectable(db: Queryable): Promise<SelectableNode[]> {
  interface Row extends Omit<SelectableNode, 'session'> {
    readonly openedAt: Date;
    readonly leaseUntil: Date | null;
    readonly readAt: Date | null;
    readonly hasSession: boolean;
  }
  const rows = await db.query<Row>(sql`
    select nodes.id, nodes.cluster_id as "clusterId", nodes.name, os, arch, local_tools as "localTools", tags, labels,
      id_type as "idType", nodes.version, self_update_enabled as "isSelfUpdateEnabled", is_healthy as "isHealthy",
      nodes.updated_at as "updatedAt", enrolled_at as "enrolledAt", revoked_at as "revokedAt",
      last_seen_at as "lastSeenAt", session_closed_at as "sessionClosedAt", session_opened_at as "openedAt",
      lease_until as "leaseUntil", read_at as "readAt", session_controller_id is not null as "hasSession",
      json_build_object('name', clusters.name, 'ipv4Range', ipv4_range::text, 'nodeLimit', node_limit,
        'nodeCount', (select count(*) from nodes as n where n.cluster_id = clusters.id)) as cluster,
      inserted_at as "createdAt", clusters.updated_at as "clusterUpdatedAt"
    from nodes join clusters on clusters.id = nodes.cluster_id
    left join controllers on controllers.id = session_controller_id`);
  return rows.map((row) => ({
    ...row,
    cluster: { ...row.cluster, createdAt: NOW, updatedAt: NOW },
    session: row.hasSession ? { openedAt: row.openedAt, leaseUntil: row.leaseUntil, readAt: row.readAt } : null,
  }));
}

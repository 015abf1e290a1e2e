import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BusCarrier, onEveryBus } from '#test/support/bus-carriers.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { Installation, script, until } from '#test/support/installation.ts';
import { LightDaemons } from '#test/support/light-daemons.ts';

/** Nodes in each. */
const CLUSTERS = { alpha: 4, beta: 3, gamma: 2, delta: 1 } as const;
const NODES = 10;
/** A lease of 10 s, and what it takes to look. */
const MOVED_WITHIN_MS = 15_000;

onEveryBus((startBus) => {
  let database: TestDatabase;
  let bus: BusCarrier;
  /** By name; the first is the weak leader. */
  let sites: Readonly<Record<'a' | 'b' | 'c', Installation>>;
  const nodes: LightDaemons[] = [];

  beforeAll(async () => {
    database = await testDatabase();
    bus = await startBus();
    const start = (place: number, joins?: { databaseUrl: string; secretKey: string }) => {
      const env = { ...bus.env, DATABASE_URL: database.url, GARRISON_CONTROLLER_NAME: 'abc'[place] ?? '' };
      return Installation.start({ env, ...(joins && { joins }) });
    };
    const a = await start(0);
    const joins = { databaseUrl: database.url, secretKey: a.secretKey() };
    const [b, c] = await Promise.all([start(1, joins), start(2, joins)]);
    sites = { a, b, c };
    const doors = [a, b, c, b];
    for (const [place, [name, count]] of Object.entries(CLUSTERS).entries()) {
      const site = doors[place] ?? a;
      expect((await site.admin('POST', '/api/v1/clusters', { name })).status).toBe(201);
      const path = `/api/v1/clusters/${name}/enrollment_keys`;
      const { body } = await site.admin<{ data: { key: string } }>('POST', path, { uses_remaining: count });
      nodes.push(await LightDaemons.join(site, { count, name, key: body.data.key }));
    }
  });

  afterAll(async () => {
    await Promise.all(nodes.map((some) => some.close()));
    await Promise.all(Object.values(sites ?? {}).map((site) => site.close()));
    await bus.close();
    await database.close();
  });

  async function admins<Data>(site: Installation, what: string): Promise<Data> {
    return (await site.admin<{ data: Data }>('GET', `/api/v1/admins/${what}`)).body.data;
  }

  /** Which of our clusters are together on one controller, as that site has it: `alpha`, `beta`, `gamma delta`. */
  async function shards(site: Installation): Promise<string[]> {
    const edge = await admins<Record<string, Record<string, string[]>>>(site, 'edge_clusters');
    return Object.values(edge)
      .map((held) =>
        Object.keys(CLUSTERS)
          .filter((name) => `cluster-${name}` in held)
          .join(' '),
      )
      .filter((names) => names !== '')
      .sort();
  }

  interface AdminCluster {
    readonly total_admins: number;
    readonly total_nodes: number;
    readonly degraded: boolean;
    readonly weak_leader: string;
  }

  const adminCluster = (site: Installation) => admins<AdminCluster>(site, 'my_admin_cluster');

  const controllersOfNodes = () => nodes.flatMap((some) => some.controllerIds);

  /** The nodes of everybody answer whoever asks. */
  async function expectRunReachesAll(site: Installation): Promise<void> {
    const events = await site.run({ target: { All: null }, ...script('echo here') });
    expect(events.filter((event) => event.event === 'command_progress')).toHaveLength(NODES);
    expect(events.at(-1)).toMatchObject({ data: { summary: { ok: NODES } } });
  }

  /** Kills one and waits until its clusters are others'; returns how long that took by the clock of the survivor. */
  async function kill(site: Installation, survivor: Installation, left: number): Promise<number> {
    const killedAt = Date.now();
    await site.stopController('SIGKILL');
    await until('it is not counted any more', async () => (await adminCluster(survivor)).total_admins === left);
    const { last_computed_at } = await admins<{ last_computed_at: string }>(survivor, 'me');
    return Date.parse(last_computed_at) - killedAt;
  }

  test('three controllers share the clusters, largest first, and all have the same view', async () => {
    expect(new Set(controllersOfNodes()).size).toBe(3);
    for (const site of Object.values(sites)) {
      expect(await shards(site)).toEqual(['alpha', 'beta', 'gamma delta']);
      expect(await adminCluster(site)).toMatchObject({
        total_admins: 3,
        total_nodes: NODES,
        degraded: false,
        weak_leader: 'admin-a',
      });
      expect(await admins(site, 'orphaned_clusters')).toEqual({});
    }
  });

  test('one is killed: within 15 seconds its clusters are the others’, and its nodes come to them', async () => {
    const { a, b, c } = sites;
    expect(await kill(b, a, 2)).toBeLessThan(MOVED_WITHIN_MS);
    for (const site of [a, c]) expect(await shards(site)).toEqual(['alpha delta', 'beta gamma']);
    await until('all nodes are connected', () => controllersOfNodes().length === NODES);
    expect(new Set(controllersOfNodes()).size).toBe(2);
    for (const site of [a, c]) await expectRunReachesAll(site);
  });

  test('the leader is killed, too: the last one leads, has every cluster and every node', async () => {
    const { a, c } = sites;
    expect(await kill(a, c, 1)).toBeLessThan(MOVED_WITHIN_MS);
    expect(await adminCluster(c)).toMatchObject({ total_nodes: NODES, weak_leader: 'admin-c' });
    expect(await shards(c)).toEqual(['alpha beta gamma delta']);
    await until('all nodes are connected', () => controllersOfNodes().length === NODES);
    expect(new Set(controllersOfNodes()).size).toBe(1);
    await expectRunReachesAll(c);
  });

  test('both come back: the clusters are shared as before, and a run started on either reaches all', async () => {
    const { a, b, c } = sites;
    await Promise.all([a.startController(), b.startController()]);
    for (const site of [a, b, c]) {
      await until('three are counted', async () => (await adminCluster(site)).total_admins === 3);
      expect(await shards(site)).toEqual(['alpha', 'beta', 'gamma delta']);
      expect((await adminCluster(site)).weak_leader).toBe('admin-a');
      await expectRunReachesAll(site);
    }
  });
});

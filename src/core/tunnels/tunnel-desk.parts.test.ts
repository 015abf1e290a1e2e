import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '#runtime/log.ts';
import { stressService } from '#runtime/service-stress.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { seedController, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import type { AuditEntry } from '../audit/audit-trail.ts';
import { nodeHostname } from '../clusters/network-names.ts';
import { ManualClock } from '../kernel/clock.ts';
import type { Principal } from '../kernel/context.ts';
import { type NodeId, newId } from '../kernel/ids.ts';
import { sql } from '../kernel/sql.ts';
import { TunnelRefused } from './tunnel.ts';
import { TunnelDesk, type TunnelDeskParts } from './tunnel-desk.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

async function setup(parts: Partial<TunnelDeskParts> = {}) {
  const { db } = database;
  const clock = new ManualClock();
  const tenant = await seedTenant(db);
  const controllerId = await seedController(db, new Date(clock.millis() + 60_000));
  const [web, away] = (await seedNodes(db, tenant, [{ name: 'Web-1', controllerId }, { name: 'away' }])) as [
    NodeId,
    NodeId,
  ];
  const asked: NodeId[] = [];
  const entries: AuditEntry[] = [];
  const audit = {
    hasRoom: true,
    record: async (entry: AuditEntry) => {
      entries.push(entry);
    },
  };
  const opener = {
    open: async (nodeId: NodeId) => {
      asked.push(nodeId);
      return new PassThrough();
    },
  };
  const desk = new TunnelDesk({ db, clock, audit, opener, log: silentLog, lookEveryMs: 10, ...parts });
  const principal: Principal = {
    kind: 'key',
    subject: newId(),
    name: 'a token',
    tenantId: tenant.tenantId,
    scopes: new Set(['garrison.tunnels.open']),
    isMaster: false,
  };
  const open = (
    node: string,
    by: Partial<Principal> = {},
    isStillGood = async () => true,
    credential = `${by.subject}`,
  ) =>
    desk.open({
      caller: {
        principal: { ...principal, ...by },
        address: '192.0.2.1',
        requestId: 'r',
        door: 'tunnel',
        credential,
        isStillGood,
      },
      node,
      purpose: { kind: 'tcp', host: undefined, port: 22 },
    });
  return { db, desk, tenant, web, away, asked, entries, open };
}

const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'opened',
    (error) => (error as TunnelRefused).reason,
  );

test('a node is found by its name, id, alias and name in the overlay, with and without @', async () => {
  const { db, tenant, web, open, asked } = await setup();
  await db.execute(sql`
    insert into aliases (id, tenant_id, node_id, cluster_id, name)
    select ${newId()}, tenant_id, id, cluster_id, 'front' from nodes where id = ${web}`);
  const names = [
    'Web-1',
    'web-1',
    '@Web-1',
    web,
    `n-${web}`,
    'front',
    nodeHostname(web, tenant.clusterName),
    `${nodeHostname('front', tenant.clusterName)}.`,
  ];
  for (const name of names) (await open(name)).over({ why: 'closed', bytesUp: 0, bytesDown: 0 });
  expect(asked).toEqual(names.map(() => web));
});

test('a node of another tenant, a revoked one and none at all are the same: unknown', async () => {
  const { db, web, open, asked } = await setup();
  const other = await setup();
  expect(await reasonOf(open(other.web))).toBe('node_unknown');
  expect(await reasonOf(open('nothing'))).toBe('node_unknown');
  expect(await reasonOf(open(''))).toBe('node_unknown');
  expect(await reasonOf(open('x'.repeat(10_000)))).toBe('node_unknown');
  await db.execute(sql`update nodes set revoked_at = now() where id = ${web}`);
  expect(await reasonOf(open(web))).toBe('node_unknown');
  expect(asked).toEqual([]);
});

test('who may not, a node that is away, and what the node says: each has its word, and an entry in the audit log', async () => {
  const refusing = { open: () => Promise.reject(new TunnelRefused('connection_refused', 'nobody listens')) };
  const { open, web, entries } = await setup({ opener: refusing });
  expect(await reasonOf(open(web, { scopes: new Set(['garrison.proxy.use']) }))).toBe('forbidden');
  expect(await reasonOf(open('away'))).toBe('node_away');
  expect(await reasonOf(open(web))).toBe('connection_refused');
  expect(entries.map(({ action, outcome }) => [action, outcome])).toEqual([
    ['tunnel.open', 'forbidden'],
    ['tunnel.open', 'node_away'],
    ['tunnel.open', 'connection_refused'],
  ]);
});

test('a tunnel that is over is one entry: who, whence, where to, how much and why it ended', async () => {
  const { open, web, entries } = await setup();
  const tunnel = await open(web);
  tunnel.over({ why: 'idle', bytesUp: 5, bytesDown: 7 });
  tunnel.over({ why: 'closed', bytesUp: 0, bytesDown: 0 });
  expect(entries).toMatchObject([
    {
      action: 'tunnel.open',
      object: web,
      address: '192.0.2.1',
      outcome: 'ok',
      facts: {
        door: 'tunnel',
        node: 'Web-1',
        kind: 'tcp',
        host: null,
        port: 22,
        why: 'idle',
        bytesUp: 5,
        bytesDown: 7,
      },
    },
  ]);
});

test('what a door refused by itself is counted and in the audit log', async () => {
  const { desk, tenant, entries } = await setup();
  const principal = { ...({} as Principal), subject: 's', tenantId: tenant.tenantId }; // the rest is not looked at
  const caller = {
    principal,
    address: undefined,
    requestId: 'r',
    door: 'proxy',
    credential: '',
    isStillGood: async () => true,
  } as const;
  desk.refuse(
    { caller, node: 'x.example', purpose: { kind: 'tcp', host: 'x.example', port: 80 } },
    { reason: 'no_exit' },
  );
  expect(desk.counts.of('proxy').refused).toBe(1);
  expect(entries).toMatchObject([
    { object: 'x.example', outcome: 'no_exit', facts: { door: 'proxy', kind: 'tcp', host: 'x.example', port: 80 } },
  ]);
});

test('all tunnels of a caller share its bandwidth, and all to a node share that of the node', async () => {
  const bytes = 200_000;
  for (const limits of [{ bytesPerPrincipal: 1_000_000 }, { bytesPerNode: 1_000_000 }]) {
    const { open, web } = await setup({ limits });
    const tunnels = [await open(web, { subject: 'one' }), await open(web, { subject: 'one' })];
    const startedAt = performance.now();
    await Promise.all(
      tunnels.map(async ({ stream }) => {
        stream.end(Buffer.alloc(bytes)); // the opener gives back what it is given
        for await (const _ of stream);
      }),
    );
    // Both directions of both: 800,000 bytes, of which a burst and the last piece were not waited for.
    expect(performance.now() - startedAt).toBeGreaterThan(250);
  }
});

test('the desk takes any schedule of starts and stops', async () => {
  const { db } = database;
  const audit = { hasRoom: true, record: async () => {} };
  const opener = { open: () => Promise.reject(new Error('not here')) };
  await stressService(() => new TunnelDesk({ db, clock: new ManualClock(), audit, opener, log: silentLog }));
});

test('there are bounds for a caller, a node and the controller', async () => {
  const ofCaller = await setup({ limits: { mostPerPrincipal: 2 } });
  await ofCaller.open(ofCaller.web);
  await ofCaller.open(ofCaller.web);
  expect(await reasonOf(ofCaller.open(ofCaller.web))).toBe('too_many');
  expect(await reasonOf(ofCaller.open(ofCaller.web, { subject: 'another' }))).toBe('opened');
  const ofNode = await setup({ limits: { mostPerNode: 1 } });
  await ofNode.open(ofNode.web);
  expect(await reasonOf(ofNode.open(ofNode.web, { subject: 'another' }))).toBe('too_many');
  const inAll = await setup({ limits: { most: 1 } });
  await inAll.open(inAll.web);
  expect(await reasonOf(inAll.open(inAll.web, { subject: 'another' }))).toBe('too_many');
});

test('a tunnel ends when its credential is none any more, when its node is cut, and when the controller stops', async () => {
  const { desk, open, web } = await setup();
  await desk.start();
  let isGood = true;
  const of = async (isStillGood?: () => Promise<boolean>, subject = 'somebody') =>
    (await open(web, { subject }, isStillGood)).signal;
  const revoked = await of(async () => isGood, 'a revoked one');
  const unsure = await of(() => Promise.reject(new Error('the database is away')), 'an unsure one');
  const cut = await of();
  isGood = false;
  await expect.poll(() => revoked.reason).toBe('credential_revoked');
  expect([unsure.aborted, cut.aborted]).toEqual([false, false]);
  desk.endOf([web], 'node_revoked');
  expect(cut.reason).toBe('node_revoked');
  const last = await of();
  await desk.stop();
  expect(last.reason).toBe('controller_stopped');
  expect(await reasonOf(open(web))).toBe('too_many');
});

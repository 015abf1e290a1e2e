import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '#runtime/log.ts';
import { stressService } from '#runtime/service-stress.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { contextOf, seedController, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import type { AuditEntry } from '../audit/audit-trail.ts';
import { nodeHostname } from '../clusters/network-names.ts';
import { ManualClock } from '../kernel/clock.ts';
import type { Context, Principal } from '../kernel/context.ts';
import { type NodeId, newId } from '../kernel/ids.ts';
import { sql } from '../kernel/sql.ts';
import type { Target } from '../selectors/target.ts';
import type { ReachAllowance } from './reach-rule.ts';
import { createBoundKey, removeReachRule, setReachRule } from './reach-rules.ts';
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

const OTHERS: Target = { kind: 'selector', selector: { names: [{ exactly: 'another' }] } };
const byRule = (rule: { on: string; nodes: Target } & Partial<ReachAllowance>) => [rule];
const web1: { on: string; nodes: Target } = {
  on: 'Web-1',
  nodes: { kind: 'selector', selector: { names: [{ exactly: 'Web-1' }] } },
};

async function bound() {
  const made = await setup();
  const { db, tenant } = made;
  const ctx = contextOf(tenant);
  const { key } = await createBoundKey(ctx, { db }, { kind: 'scoped', name: 't', scopes: ['garrison.tunnels.open'] });
  const set = (allow: readonly ReachAllowance[], subject: string = key.id) =>
    setReachRule(ctx, { db }, { subject, allow });
  return { ...made, ctx, key, set };
}

test('a rule says which nodes, kinds and ports a token reaches; what it does not name is refused, and in the audit log', async () => {
  const { open, web, key, set, entries } = await bound();
  const subject = key.id;
  expect(await reasonOf(open(web, { subject }))).toBe('opened');
  await set(byRule({ ...web1, kinds: ['port'], ports: [{ from: 22, to: 22 }] }));
  expect(await reasonOf(open(web, { subject }))).toBe('opened');
  expect(await reasonOf(open(web, { subject: 'another' }))).toBe('opened');
  for (const closed of [{ ports: [{ from: 80, to: 90 }] }, { kinds: ['exit' as const] }, { nodes: OTHERS }])
    expect(await set(byRule({ ...web1, ...closed })).then(() => reasonOf(open(web, { subject })))).toBe('rule_refused');
  await set([]);
  expect(await reasonOf(open(web, { subject }))).toBe('rule_refused');
  expect(entries.at(-1)).toMatchObject({ subject, outcome: 'rule_refused', facts: { node: 'Web-1', port: 22 } });
});

test('a rule of a person holds for all that person has made, beside the rule of each', async () => {
  const { open, web, key, set } = await bound();
  const by = { subject: key.id, person: 'anna' };
  await set(byRule({ on: 'nobody', nodes: OTHERS }), 'anna');
  expect(await reasonOf(open(web, by))).toBe('rule_refused');
  await set(byRule(web1), 'anna');
  expect(await reasonOf(open(web, by))).toBe('opened');
  await set([]);
  expect(await reasonOf(open(web, by))).toBe('rule_refused');
});

test('a rule of another tenant for the same name binds nobody here, and its nodes are none of ours', async () => {
  const { open, web, set } = await bound();
  const other = await bound();
  await other.set([], 'anna');
  expect(await reasonOf(open(web, { subject: 'anna' }))).toBe('opened');
  await set(byRule({ on: 'its node', nodes: { kind: 'node', nodeId: other.web } }), 'anna');
  expect(await reasonOf(open(web, { subject: 'anna' }))).toBe('rule_refused');
  await set(byRule({ on: 'group', nodes: { kind: 'group', groupId: newId() } }), 'anna');
  expect(await reasonOf(open(web, { subject: 'anna' }))).toBe('rule_refused');
});

test('a rule that is changed, and a node that a rule no longer means, end what is open', async () => {
  const { db, desk, open, web, key, set } = await bound();
  const tagged: Target = { kind: 'selector', selector: { tags: [{ has: 'web' }] } };
  await db.execute(sql`update nodes set tags = '{web}' where id = ${web}`);
  await set(byRule({ on: 'tags=web', nodes: tagged }));
  await desk.start();
  const tunnel = await open(web, { subject: key.id });
  const other = await open(web, { subject: 'another' });
  await db.execute(sql`update nodes set tags = '{}' where id = ${web}`);
  await expect.poll(() => tunnel.signal.reason).toBe('rule_changed');
  await set(byRule(web1));
  const again = await open(web, { subject: key.id });
  await set([]);
  await expect.poll(() => again.signal.reason).toBe('rule_changed');
  expect(other.signal.aborted).toBe(false);
  await desk.stop();
});

test('whoever is bound writes no rule, removes none, and makes no token that reaches more', async () => {
  const { db, open, web, ctx, key, set } = await bound();
  await set([]);
  const asKey: Context = {
    ...ctx,
    principal: { ...ctx.principal, isMaster: false, subject: key.id, scopes: new Set(['garrison.tunnels.open']) },
  };
  await expect(setReachRule(asKey, { db }, { subject: key.id, allow: byRule(web1) })).rejects.toMatchObject({
    code: 'forbidden',
  });
  await expect(removeReachRule(asKey, { db }, key.id)).rejects.toMatchObject({ code: 'forbidden' });
  const child = await createBoundKey(asKey, { db }, { kind: 'scoped', name: 'c', scopes: ['garrison.tunnels.open'] });
  expect(await reasonOf(open(web, { subject: child.key.id }))).toBe('rule_refused');
  await removeReachRule(ctx, { db }, child.key.id);
  await expect(removeReachRule(ctx, { db }, child.key.id)).rejects.toMatchObject({ code: 'not_found' });
  expect(await reasonOf(open(web, { subject: child.key.id }))).toBe('opened');
});

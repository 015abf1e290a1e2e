import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import packet, { type Packet } from 'dns-packet';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAlias } from '#core/aliases/create-alias.ts';
import { overlayNames } from '#core/clusters/overlay-names.ts';
import type { NodeId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { silentLog } from '#runtime/log.ts';
import { stressService } from '#runtime/service-stress.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { contextOf, type SeededTenant, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { answerQuery } from './answer-query.ts';
import { DnsServer } from './dns-server.ts';
import { MessageReader, withLength } from './tcp-messages.ts';

const zone = { name: 'nm.internal', ttlSeconds: 30 };

let database: TestDatabase;
let tenant: SeededTenant;
let server: DnsServer;
let node: NodeId;
let resolver: Resolver;
let domain: string;

beforeAll(async () => {
  database = await testDatabase();
  tenant = await seedTenant(database.db);
  domain = `cluster-${tenant.clusterName}.nm.internal`;
  [node] = (await seedNodes(database.db, tenant, [{}])) as [NodeId];
  await createAlias(contextOf(tenant), { db: database.db }, { nodeId: node, name: 'printer' });
  server = new DnsServer({
    host: '127.0.0.1',
    port: 0,
    names: overlayNames({ db: database.db, systemTenantId: tenant.tenantId }),
    log: silentLog,
  });
  await server.start();
  resolver = new Resolver({ timeout: 2_000, tries: 2 });
  resolver.setServers([`127.0.0.1:${server.port}`]);
});

afterAll(async () => {
  resolver.cancel();
  await server.stop();
  await database.close();
});

test('keeps the contract of a service', async () => {
  const names = overlayNames({ db: database.db, systemTenantId: tenant.tenantId });
  const make = () => new DnsServer({ host: '127.0.0.1', port: 0, names, log: silentLog });
  await stressService(make, { canRestart: true });
});

async function askOverTcp(query: Packet): Promise<packet.DecodedPacket> {
  const socket = connect(server.port ?? 0, '127.0.0.1');
  const reader = new MessageReader();
  const message = withLength(packet.encode(query));
  for (const byte of message) socket.write(Buffer.of(byte)); // in pieces, as networks do
  for await (const data of socket) {
    const [answer] = reader.read(data);
    if (answer === undefined) continue;
    socket.destroy();
    return packet.decode(answer);
  }
  throw new Error('the server hung up');
}

function ask(name: string, type = 'A', more: Partial<Packet> = {}): Packet {
  return { type: 'query', id: 7, questions: [{ type: type as 'A', name }], ...more };
}

async function answerTo(query: Packet | Buffer, transport: 'udp' | 'tcp' = 'udp') {
  const message = Buffer.isBuffer(query) ? query : packet.encode(query);
  const names = overlayNames({ db: database.db, systemTenantId: tenant.tenantId });
  const answer = await answerQuery(message, { zone, names, transport, onFailure: () => undefined });
  return answer && packet.decode(answer);
}

/** The code stands in the low bits of the flags; the types of the package do not show it. */
const codeOf = (answer: { flags?: number | undefined } | undefined) => (answer?.flags ?? 0) & 15;

describe('names', () => {
  test('of a node by its id and by its alias lead to its address, whatever their case', async () => {
    expect(await resolver.resolve4(`node-${node}.${domain}`, { ttl: true })).toEqual([
      { address: '100.64.0.11', ttl: 30 },
    ]);
    expect(await resolver.resolve4(`node-printer.${domain}`)).toEqual(['100.64.0.11']);
    expect(await resolver.resolve4(`NODE-Printer.${domain.toUpperCase()}`)).toEqual(['100.64.0.11']);
  });

  test('of a node that has no address yet get one', async () => {
    const [fresh] = await seedNodes(database.db, tenant, [{}]);
    expect(await resolver.resolve4(`node-${fresh}.${domain}`)).toEqual(['100.64.0.12']);
    expect(await resolver.resolve4(`node-${fresh}.${domain}`)).toEqual(['100.64.0.12']);
  });

  test.each([
    ['nobody', () => `node-nobody.${domain}`],
    ['another cluster', () => `node-printer.cluster-none.nm.internal`],
    ['something else in the zone', () => 'www.nm.internal'],
    ['something below a node', () => `a.node-printer.${domain}`],
  ])('of %s do not exist', async (_, name) => {
    await expect(resolver.resolve4(name())).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('are apart between tenants: an alias of another is found under the name of its tenant only', async () => {
    const other = await seedTenant(database.db);
    await database.db.execute(sql`update clusters set name = ${tenant.clusterName} where id = ${other.clusterId}`);
    const [theirs] = (await seedNodes(database.db, other, [{}])) as [NodeId];
    await createAlias(contextOf(other), { db: database.db }, { nodeId: theirs, name: 'scanner' });
    await createAlias(contextOf(other), { db: database.db }, { nodeId: theirs, name: 'printer' });
    const address = (await resolver.resolve4(`node-${theirs}.${domain}`))[0];
    const inTheirs = domain.replace(/nm\.internal$/, `${other.slug}.nm.internal`);
    expect(await resolver.resolve4(`node-printer.${domain}`)).toEqual(['100.64.0.11']);
    expect(await resolver.resolve4(`node-printer.${inTheirs}`)).toEqual([address]);
    expect(await resolver.resolve4(`node-${theirs}.${inTheirs}`)).toEqual([address]);
    await expect(resolver.resolve4(`node-scanner.${domain}`)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(resolver.resolve4(`node-${node}.${inTheirs}`)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('of a revoked node are gone', async () => {
    const [revoked] = await seedNodes(database.db, tenant, [{ revokedAt: new Date() }]);
    await expect(resolver.resolve4(`node-${revoked}.${domain}`)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('exist without an IPv6 address: no data, with the start of authority', async () => {
    await expect(resolver.resolve6(`node-printer.${domain}`)).rejects.toMatchObject({ code: 'ENODATA' });
    const answer = await answerTo(ask(`node-printer.${domain}`, 'AAAA'));
    expect([codeOf(answer), answer?.answers, answer?.authorities?.[0]]).toMatchObject([
      0,
      [],
      { type: 'SOA', name: 'nm.internal', ttl: 30, data: { minimum: 30 } },
    ]);
  });

  test('of clusters and of the zone hold no address, and do not tell whether there is such a cluster', async () => {
    await expect(resolver.resolve4(domain)).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(resolver.resolve4('cluster-none.nm.internal')).rejects.toMatchObject({ code: 'ENODATA' });
    expect(await resolver.resolveSoa('nm.internal')).toMatchObject({ nsname: 'ns.nm.internal', minttl: 30 });
    expect(await resolver.resolveNs('nm.internal')).toEqual(['ns.nm.internal']);
  });

  test('outside of the zone are refused', async () => {
    await expect(resolver.resolve4('example.com')).rejects.toMatchObject({ code: 'EREFUSED' });
    await expect(resolver.resolve4('evilnm.internal')).rejects.toMatchObject({ code: 'EREFUSED' });
  });
});

describe('messages', () => {
  test('come over TCP too, several on one connection and in pieces', async () => {
    const answer = await askOverTcp(ask(`node-printer.${domain}`));
    expect([answer.id, answer.flag_aa, answer.answers]).toMatchObject([7, true, [{ data: '100.64.0.11' }]]);
  });

  test('that do not fit into a datagram are cut, with the flag that sends the client to TCP', async () => {
    const label = 'x'.repeat(60);
    const longZone = { name: `${label}.${label}.nm.internal`, ttlSeconds: 30 };
    const names = { find: async () => ({ kind: 'empty' }) as const };
    const query = packet.encode(ask(`${label}.${longZone.name}`));
    const about = { zone: longZone, names, onFailure: () => undefined };
    const udp = await answerQuery(query, { ...about, transport: 'udp' });
    const tcp = await answerQuery(query, { ...about, transport: 'tcp' });
    expect(packet.decode(udp ?? Buffer.alloc(0))).toMatchObject({ flag_tc: true, answers: [], authorities: [] });
    expect(tcp?.length).toBeGreaterThan(512);
    expect(packet.decode(tcp ?? Buffer.alloc(0))).toMatchObject({ flag_tc: false, authorities: [{ type: 'SOA' }] });
  });

  test('with EDNS are answered with EDNS', async () => {
    const option = { type: 'OPT', name: '.', udpPayloadSize: 4_096, flags: 0, options: [] } as never;
    const answer = await answerTo(ask(`node-printer.${domain}`, 'A', { additionals: [option] }));
    expect(answer?.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1_232 }]);
    expect((await answerTo(ask(`node-printer.${domain}`)))?.additionals).toEqual([]);
  });

  test('that are not standard queries are not implemented, those that cannot be read are format errors', async () => {
    const notify = packet.encode(ask('nm.internal'));
    notify.writeUInt8((4 << 3) | 1, 2);
    expect(codeOf(await answerTo(notify))).toBe(4);
    const cut = packet.encode(ask('nm.internal')).subarray(0, 20);
    expect(codeOf(await answerTo(cut))).toBe(1);
    expect(codeOf(await answerTo({ type: 'query', id: 1, questions: [] }))).toBe(1);
  });

  test('that are answers or too short to be anything are not answered', async () => {
    expect(await answerTo(packet.encode({ type: 'response', id: 1, questions: [] }))).toBeUndefined();
    expect(await answerTo(Buffer.alloc(5))).toBeUndefined();
  });

  test('of any bytes never make it fail', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), fc.boolean(), async (bytes, isQuery) => {
        const message = Buffer.from(bytes);
        if (isQuery && message.length > 2) message.writeUInt8(0, 2);
        const answer = await answerQuery(message, {
          zone,
          names: { find: async () => ({ kind: 'unknown' }) },
          transport: 'udp',
          onFailure: (error) => expect(error).toBeUndefined(),
        });
        if (answer !== undefined) expect(answer.subarray(0, 2)).toEqual(message.subarray(0, 2));
      }),
      { numRuns: 2_000 },
    );
  });

  test('that cannot be looked up are server failures, not "no such name"', async () => {
    const errors: unknown[] = [];
    const names = { find: () => Promise.reject(new Error('the database is away')) };
    const about = { zone, names, transport: 'udp', onFailure: (error: unknown) => void errors.push(error) } as const;
    const answer = await answerQuery(packet.encode(ask(`node-printer.${domain}`)), about);
    expect([codeOf(packet.decode(answer ?? Buffer.alloc(0))), errors.length]).toEqual([2, 1]);
  });
});

test('garbage over UDP and an open TCP connection keep nobody from an answer, nor it from stopping', async () => {
  const other = new DnsServer({
    host: '127.0.0.1',
    port: 0,
    names: overlayNames({ db: database.db, systemTenantId: tenant.tenantId }),
    log: silentLog,
  });
  await other.start();
  const idle = connect(other.port ?? 0, '127.0.0.1');
  await once(idle, 'connect');
  idle.write(Buffer.of(0xff));
  const noise = createSocket('udp4');
  for (let count = 0; count < 50; count += 1) noise.send(Buffer.from('noise'), other.port, '127.0.0.1');
  const own = new Resolver({ timeout: 2_000, tries: 2 });
  own.setServers([`127.0.0.1:${other.port}`]);
  expect(await own.resolve4(`node-printer.${domain}`)).toEqual(['100.64.0.11']);
  const closed = once(idle, 'close');
  await other.stop();
  await other.stop();
  await closed;
  noise.close();
});

/** Debian: bind9-dnsutils. */
const dig = process.env.DIG ?? 'dig';
const hasDig = await promisify(execFile)(dig, ['-v']).then(
  () => true,
  () => false,
);

test.skipIf(!hasDig)('dig understands it, over UDP and TCP', async () => {
  const ask = async (...words: string[]) =>
    (await promisify(execFile)(dig, ['@127.0.0.1', '-p', String(server.port), ...words])).stdout;
  for (const transport of ['+notcp', '+tcp']) {
    const text = await ask(`node-printer.${domain}`, transport);
    expect(text).toMatch(/status: NOERROR/);
    expect(text).toMatch(/flags: qr aa rd;/);
    expect(text).toMatch(/\sIN\s+A\s+100\.64\.0\.11\n/);
    expect(text).not.toMatch(/malformed|warning: .*trailing/i);
  }
  expect(await ask(`node-nobody.${domain}`)).toMatch(/status: NXDOMAIN[\s\S]*nm\.internal\.\s+30\s+IN\s+SOA/);
  expect(await ask('example.com')).toMatch(/status: REFUSED/);
});

test('nodes of other tenants are found by their name as well: names are unique over all', async () => {
  const other = await seedTenant(database.db);
  const [id] = await seedNodes(database.db, other, [{}]);
  expect(await resolver.resolve4(`node-${id}.cluster-${other.clusterName}.nm.internal`)).toHaveLength(1);
  await database.db.execute(sql`delete from nodes where id = ${id}`);
});

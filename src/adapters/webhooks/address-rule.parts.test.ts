/** Where nothing is sent to: each address is refused when a webhook is made, and at the connection. */
import { createSocket, type Socket } from 'node:dgram';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import packet, { type Packet } from 'dns-packet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '#core/kernel/clock.ts';
import { Secret } from '#core/kernel/secret.ts';
import { addressRule } from './address-rule.ts';
import { resolver } from './resolver.ts';
import { HttpWebhookSender } from './webhook-sender.ts';

/** Hosts as they are written in a URL. */
const FORBIDDEN: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.1', '127.0.0.1.', '127.1', '127.255.255.254', '[::1]', 'localhost', 'LOCALHOST.', 'a.localhost'],
  'decimal, octal and hex': ['2130706433', '0x7f000001', '0x7f.1', '0177.0.0.1', '017700000001', '0x0a000001'],
  unspecified: ['0.0.0.0', '0', '[::]'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '[fc00::1]', '[fd00:ec2::254]', '[fec0::1]'],
  'link-local and metadata': ['169.254.169.254', '2852039166', '[fe80::1]', '100.100.100.200', '168.63.129.16'],
  'names of metadata': ['metadata.google.internal', 'metadata.azure.internal', 'METADATA.tencentyun.com', 'metadata'],
  'carrier-grade NAT and overlays': ['100.64.0.1', '100.127.255.255'],
  'multicast, broadcast, reserved': ['224.0.0.1', '239.255.255.255', '255.255.255.255', '240.0.0.1', '[ff02::1]'],
  'documentation and benchmarks': ['192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '[2001:db8::1]'],
  'IPv4 in the clothes of IPv6': [
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::ffff:10.0.0.1]',
    '[::127.0.0.1]',
    '[::a00:1]',
  ],
  NAT64: ['[64:ff9b::7f00:1]', '[64:ff9b::10.0.0.1]', '[64:ff9b::808:808]', '[64:ff9b:1::a00:1]'],
  '6to4 and Teredo': ['[2002:7f00:1::1]', '[2002:a00:1::1]', '[2001:0:1234::1]'],
  'full width and other digits': ['１２７.0.0.1', '①②⑦.0.0.1'],
};

const ORDINARY = ['8.8.8.8', '93.184.216.34', '[2606:4700::1111]', '[2a00:1450::5]'];

/** A name server of this test: answers are what `zone` says at that moment, and each question is counted. */
let server: Socket;
let zone: Record<string, readonly string[]> = {};
let questions: string[] = [];
let receiver: Server;
let port: number;
let arrived = 0;
const resolve = (host: string) => resolver({ servers: [`127.0.0.1:${server.address().port}`] })(host);

beforeAll(async () => {
  server = createSocket('udp4');
  server.on('message', (message, from) => server.send(answer(packet.decode(message)), from.port, from.address));
  await new Promise<void>((done) => server.bind(0, '127.0.0.1', done));
  receiver = createServer((_, response) => {
    arrived += 1;
    response.end();
  });
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
  port = (receiver.address() as AddressInfo).port; // it listens on a port
});
afterAll(async () => {
  server.close();
  await new Promise((done) => receiver.close(done));
});

function answer({ id, questions: asked = [] }: Packet): Buffer {
  const [question] = asked;
  const name = question?.name.toLowerCase() ?? '';
  questions.push(name);
  const addresses = (zone[name] ?? []).filter((one) => one.includes(':') === (question?.type === 'AAAA'));
  const answers = addresses.map((data) => ({ type: question?.type as 'A', name, ttl: 0, data }));
  const flags = packet.RECURSION_AVAILABLE | (zone[name] === undefined ? 3 : 0);
  return packet.encode({ type: 'response', ...(id !== undefined && { id }), flags, questions: asked, answers });
}

const rule = (arePrivateAllowed = false) => addressRule({ resolve, arePrivateAllowed });

async function deliver(url: string, arePrivateAllowed = false) {
  const sender = new HttpWebhookSender({ clock: systemClock, userAgent: 'test/1', resolve, arePrivateAllowed });
  const target = { id: 'w' as never, url, secrets: [new Secret('s'.repeat(32))], headers: {} };
  try {
    return await sender.post({ target, eventId: 'e', body: Buffer.from('{}') }, new AbortController().signal);
  } finally {
    await sender.stop();
  }
}

describe.each(Object.entries(FORBIDDEN))('%s', (_, hosts) => {
  test.each(hosts)('%s is refused when the webhook is made, and at delivery', async (host) => {
    zone = {};
    expect(await rule().check(`http://${host}:${port}/`)).toMatch(/ is |leads inside/);
    expect(await deliver(`http://${host}:${port}/`)).toMatchObject({ outcome: 'refused', word: 'forbidden_address' });
    const bare = host.replaceAll(/[[\]]/g, '');
    if (isIP(bare) === 0) return;
    zone = { 'inside.example': [bare] };
    expect(await rule().check('http://inside.example/')).toMatch(/^inside\.example is /);
    expect(await deliver(`http://inside.example:${port}/`)).toMatchObject({ word: 'forbidden_address' });
  });
});

test('nothing of that has reached anybody', () => expect(arrived).toBe(0));

test.each(ORDINARY)('%s is an address like others', async (host) => {
  expect(await rule().check(`https://${host}/`)).toBeUndefined();
});

test('of a name with several addresses every one counts', async () => {
  zone = { 'mixed.example': ['93.184.216.34', '10.0.0.1'], 'six.example': ['93.184.216.34', 'fd00::1'] };
  for (const name of ['mixed.example', 'six.example']) {
    expect(await rule().check(`http://${name}/`)).toMatch(/is (10\.0\.0\.1|fd00::1), a private address/);
    expect(await deliver(`http://${name}:${port}/`)).toMatchObject({ word: 'forbidden_address' });
  }
});

test('a name that does not resolve yet is accepted, and has a word of its own at delivery', async () => {
  zone = {};
  expect(await rule().check('http://later.example/')).toBeUndefined();
  expect(await deliver(`http://later.example:${port}/`)).toMatchObject({ outcome: 'failed', word: 'unresolved' });
});

test('a name that answers otherwise after it was checked leads nowhere else', async () => {
  zone = { 'rebound.example': ['93.184.216.34'] };
  expect(await rule().check('http://rebound.example/')).toBeUndefined();
  zone = { 'rebound.example': ['127.0.0.1'] };
  expect(await deliver(`http://rebound.example:${port}/`)).toMatchObject({ word: 'forbidden_address' });
  expect(arrived).toBe(0);
});

test('a connection goes to the address that was checked: the name is asked once', async () => {
  zone = { 'pinned.example': ['127.0.0.1'] };
  questions = [];
  expect(await deliver(`http://pinned.example:${port}/`, true)).toMatchObject({ outcome: 'delivered' });
  expect(questions.filter((name) => name === 'pinned.example').length).toBe(2); // A and AAAA
  expect(arrived).toBe(1);
});

test('where private addresses are allowed, what is no address of a receiver is still refused', async () => {
  expect(await rule(true).check('http://10.0.0.1/')).toBeUndefined();
  expect(await rule(true).check('http://u@10.0.0.1/')).toMatch(/user/);
  expect(await rule(true).check('ftp://10.0.0.1/')).toMatch(/http/);
});

import { expect, test } from 'vitest';
import { readNatsServers } from './servers.ts';

test.each([
  ['nats://a', { addresses: ['a:4222'], isEncrypted: false }],
  ['tls://a:1, tls://b:2', { addresses: ['a:1', 'b:2'], isEncrypted: true }],
  ['nats://u:p%40ss@a', { addresses: ['a:4222'], isEncrypted: false, user: 'u', password: 'p@ss' }],
  ['nats://t0ken@[::1]:7', { addresses: ['[::1]:7'], isEncrypted: false, token: 't0ken' }],
])('%s is read', (text, servers) => {
  expect(readNatsServers(text)).toEqual(servers);
});

test.each([
  ['http://a', 'it is no nats:// or tls:// URL'],
  ['', 'it is no nats:// or tls:// URL'],
  ['nats://a,tls://b', 'it mixes nats:// and tls://'],
  ['nats://', 'a URL names no host'],
  ['tls://127.0.0.1', 'tls:// needs the name that is in the certificate of the server, not its IP address'],
  ['tls://[::1]:4222', 'tls:// needs the name that is in the certificate of the server, not its IP address'],
])('"%s" is refused with its reason', (text, reason) => {
  expect(readNatsServers(text)).toBe(reason);
});

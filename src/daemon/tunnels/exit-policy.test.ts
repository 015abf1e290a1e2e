import { expect, test } from 'vitest';
import { type ExitRules, refusalOfAddress, refusalOfPort, refusalOfTarget } from './exit-policy.ts';

const open: ExitRules = { blockedHosts: [], blockedPorts: [], allowedHosts: [] };

test.each([
  ['127.0.0.1', 'localhost_blocked'],
  ['127.255.0.9', 'localhost_blocked'],
  ['0.0.0.0', 'localhost_blocked'],
  ['::1', 'localhost_blocked'],
  ['::', 'localhost_blocked'],
  ['::ffff:127.0.0.1', 'localhost_blocked'],
  ['::ffff:7f00:1', 'localhost_blocked'],
  ['::127.0.0.1', 'localhost_blocked'],
  ['64:ff9b::7f00:1', 'localhost_blocked'],
  ['2002:7f00:1::', 'localhost_blocked'],
  ['169.254.169.254', 'metadata_service_blocked'],
  ['100.100.100.200', 'metadata_service_blocked'],
  ['fd00:ec2::254', 'metadata_service_blocked'],
  ['::ffff:169.254.169.254', 'metadata_service_blocked'],
  ['64:ff9b::a9fe:a9fe', 'metadata_service_blocked'],
  ['2002:a9fe:a9fe::1', 'metadata_service_blocked'],
  ['169.254.3.4', 'link_local_blocked'],
  ['fe80::1%eth0', 'link_local_blocked'],
  ['224.0.0.1', 'invalid_address'],
  ['255.255.255.255', 'invalid_address'],
  ['ff02::1', 'invalid_address'],
  ['not an address', 'invalid_address'],
  ['10.0.0.8', undefined],
  ['192.168.1.4', undefined],
  ['::ffff:10.0.0.8', undefined],
  ['2001:db8::5', undefined],
  ['203.0.113.9', undefined],
])('the address %s is %s', (address, refusal) => {
  expect(refusalOfAddress(address, { host: 'some.host', port: 80 }, open)).toBe(refusal);
});

test.each([
  [2375, 'docker_port_blocked'],
  [2377, 'docker_port_blocked'],
  [6443, 'kubernetes_port_blocked'],
  [2379, 'kubernetes_port_blocked'],
  [49100, 'metrics_port_blocked'],
  [8081, 'custom_blocked'],
  [0, 'invalid_address'],
  [65_536, 'invalid_address'],
  [Number.NaN, 'invalid_address'],
  [443, undefined],
])('the port %s is %s', (port, refusal) => {
  expect(refusalOfPort(port, { blockedPorts: [8081] })).toBe(refusal);
});

test.each([
  ['localhost', 'localhost_blocked'],
  ['LOCALHOST.', 'localhost_blocked'],
  ['app.localhost', 'localhost_blocked'],
  ['metadata.google.internal', 'metadata_service_blocked'],
  ['Metadata.Google.Internal.', 'metadata_service_blocked'],
  ['', 'invalid_address'],
  ['a'.repeat(254), 'invalid_address'],
  ['closed.example', 'custom_blocked'],
  ['example.org', undefined],
])('the host %s is %s', (host, refusal) => {
  expect(refusalOfTarget({ host, port: 443 }, { ...open, blockedHosts: ['closed.example'] })).toBe(refusal);
});

test('what the host allows by name is open, whatever else is said', () => {
  const rules = { ...open, allowedHosts: ['localhost', '127.0.0.1'] };
  expect(refusalOfTarget({ host: 'localhost', port: 6443 }, rules)).toBeUndefined();
  expect(refusalOfAddress('127.0.0.1', { host: 'localhost', port: 6443 }, rules)).toBeUndefined();
  expect(refusalOfAddress('127.0.0.2', { host: 'other', port: 80 }, rules)).toBe('localhost_blocked');
});

test('an address that is blocked by hand stays blocked under any name', () => {
  expect(refusalOfAddress('10.0.0.8', { host: 'db', port: 80 }, { ...open, blockedHosts: ['10.0.0.8'] })).toBe(
    'custom_blocked',
  );
});

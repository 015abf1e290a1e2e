import { expect, test } from 'vitest';
import { allowsPurpose, isHostRule, type ReachAllowance, readPortRange, writePortRange } from './reach-rule.ts';
import type { TunnelPurpose } from './tunnel.ts';

const everywhere: Pick<ReachAllowance, 'nodes' | 'on'> = { nodes: { kind: 'all' }, on: 'all' };
const to = (host: string | undefined, port: number): TunnelPurpose => ({ kind: 'tcp', host, port });
const shell: TunnelPurpose = { kind: 'terminal', command: [], user: undefined, terminal: undefined };

test.each<[string, Partial<ReachAllowance>, TunnelPurpose, boolean]>([
  ['everything', {}, to('db.example', 5432), true],
  ['everything, a shell', {}, shell, true],
  ['ports of the node only', { kinds: ['port'] }, to(undefined, 80), true],
  ['ports of the node only, another host', { kinds: ['port'] }, to('db.example', 80), false],
  ['ports of the node only, its SSH server', { kinds: ['port'] }, { kind: 'ssh' }, false],
  ['ports of the node only, a shell', { kinds: ['port'] }, shell, false],
  ['some ports', { ports: [{ from: 80, to: 90 }] }, to(undefined, 90), true],
  ['some ports, another', { ports: [{ from: 80, to: 90 }] }, to(undefined, 91), false],
  ['some hosts', { hosts: ['db.example'] }, to('DB.example.', 1), true],
  ['some hosts, another', { hosts: ['db.example'] }, to('xdb.example', 1), false],
  ['some hosts, the node itself', { hosts: ['db.example'] }, to(undefined, 1), true],
  ['a domain', { hosts: ['*.example'] }, to('a.b.example', 1), true],
  ['a domain, itself', { hosts: ['*.example'] }, to('example', 1), false],
  ['a domain, what only ends so', { hosts: ['*.example'] }, to('badexample', 1), false],
  ['a network', { hosts: ['10.0.0.0/8'] }, to('10.9.8.7', 1), true],
  ['a network, another address', { hosts: ['10.0.0.0/8'] }, to('11.0.0.1', 1), false],
  ['a network, a name', { hosts: ['10.0.0.0/8'] }, to('ten.example', 1), false],
  ['a network of IPv6', { hosts: ['fd00::/8'] }, to('fd12::1', 1), true],
  ['an IPv4 network, the same address as IPv6 writes it', { hosts: ['10.0.0.0/8'] }, to('::ffff:10.0.0.1', 1), false],
])('an entry for %s', (_what, allowance, purpose, expected) => {
  expect(allowsPurpose({ ...everywhere, ...allowance }, purpose)).toBe(expected);
});

test('hosts and ports are read, and nothing else is', () => {
  for (const good of ['*', 'db', 'db.example', '*.example', '10.0.0.1', '::1', '10.0.0.0/8', 'fd00::/8'])
    expect(isHostRule(good), good).toBe(true);
  for (const bad of ['', '*x', 'a b', '10.0.0.0/33', 'db/8', '10.0.0.0/8/8', 'http://x', '*.*', '10.0.0.0/'])
    expect(isHostRule(bad), bad).toBe(false);
  expect(['80', '80-90'].map((text) => writePortRange(readPortRange(text) ?? { from: 0, to: 0 }))).toEqual([
    '80',
    '80-90',
  ]);
  for (const bad of ['', '0', '65536', '9-8', 'x', '80-']) expect(readPortRange(bad), bad).toBeUndefined();
});

import { expect, test } from 'vitest';
import type { Policy } from './policy.ts';
import { readTunnelRules, refusalOfTunnel } from './tunnel-rules.ts';

const policy: Policy = {
  tunnels: readTunnelRules({ ports: [22, '8000-8010'], exit: ['10.0.0.0/8:5432', 'db.internal', '192.0.2.7:80'] }),
};

test('where nothing is written everything is left to the exit policy; where anything is, tunnels are closed', () => {
  expect(refusalOfTunnel({}, { host: undefined, port: 80 })).toBeUndefined();
  expect(refusalOfTunnel({ runAs: 'deploy' }, { host: undefined, port: 80 })).toMatch(/does not name any/);
});

test.each([
  [undefined, 22, true],
  [undefined, 8005, true],
  [undefined, 8011, false],
  ['10.1.2.3', 5432, true],
  ['10.1.2.3', 5433, false],
  ['11.1.2.3', 5432, false],
  ['DB.internal.', 6000, true],
  ['other.internal', 6000, false],
  ['192.0.2.7', 80, true],
  ['192.0.2.7', 81, false],
])('%s port %d is open: %s', (host, port, isOpen) => {
  expect(refusalOfTunnel(policy, { host, port }) === undefined).toBe(isOpen);
});

test.each([
  ['ports', 'tunnels has the keys'],
  [{ port: [22] }, 'unknown keys'],
  [{ ports: [0] }, 'neither a port'],
  [{ ports: ['90-80'] }, 'neither a port'],
  [{ ports: ['ssh'] }, 'neither a port'],
  [{ exit: ['10.0.0.0/64'] }, 'tunnels.exit'],
  [{ exit: [7] }, 'tunnels.exit'],
])('%j is refused', (value, message) => {
  expect(() => readTunnelRules(value)).toThrow(message);
});

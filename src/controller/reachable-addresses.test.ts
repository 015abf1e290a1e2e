import { expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { certificateNames, ownEndpoints } from './own-addresses.ts';
import { ReachableAddresses } from './reachable-addresses.ts';

function setup(own: readonly string[], peers: readonly (readonly string[])[] = []) {
  const now = { own, peers };
  const alive = {
    get endpoints() {
      return now.peers;
    },
  };
  const addresses = new ReachableAddresses(readConfig({ env: {} }), alive, () => now.own);
  return { now, addresses };
}

test('the preferred address of each controller comes before the second of any, our own first', () => {
  const { addresses } = setup(['a1:1', 'a2:1'], [['b1:1', 'b2:1'], ['c1:1']]);
  expect(addresses.endpoints).toEqual(['a1:1', 'b1:1', 'c1:1', 'a2:1', 'b2:1']);
  expect(addresses.own).toEqual(['a1:1', 'a2:1']);
});

test('nodes that have to leave are sent to the others, or back where there are none', () => {
  expect(setup(['a1:1', 'a2:1'], [['b1:1', 'b2:1'], ['c1:1']]).addresses.elsewhere).toEqual(['b1:1', 'c1:1']);
  expect(setup(['a1:1', 'a2:1']).addresses.elsewhere).toEqual(['a1:1', 'a2:1']);
});

test('the loopback of another controller is told only where it is all there is', () => {
  expect(setup(['a:1'], [['b:1', '127.0.0.1:1', '[::1]:1']]).addresses.endpoints).toEqual(['a:1', 'b:1']);
  expect(setup(['127.0.0.1:1'], [['127.0.0.1:2']]).addresses.endpoints).toEqual(['127.0.0.1:1', '127.0.0.1:2']);
});

test('there are no more than a node keeps, and one of each controller is among them', () => {
  const many = (name: string) => Array.from({ length: 40 }, (_, place) => `${name}${place}:1`);
  const { addresses } = setup(many('a'), [many('b'), many('c')]);
  expect(addresses.endpoints).toHaveLength(16);
  expect(addresses.endpoints.slice(0, 3)).toEqual(['a0:1', 'b0:1', 'c0:1']);
});

test('what has moved is seen when it is looked at again, and is news once', () => {
  const { now, addresses } = setup(['a:1'], [['b:1']]);
  expect([addresses.takeNews(), addresses.takeNews()]).toEqual([true, false]);
  now.own = ['moved:1'];
  expect(addresses.endpoints[0]).toBe('a:1');
  addresses.look();
  expect([addresses.endpoints[0], addresses.takeNews(), addresses.takeNews()]).toEqual(['moved:1', true, false]);
  now.peers = [];
  expect(addresses.takeNews()).toBe(false);
});

const found = ['10.0.0.7', '2001:db8::7'];

test.each([
  ['0.0.0.0', ['10.0.0.7:7071', '127.0.0.1:7071']],
  ['::', ['10.0.0.7:7071', '[2001:db8::7]:7071', '127.0.0.1:7071']],
  ['::1', ['[::1]:7071']],
  ['fleet.example', ['fleet.example:7071']],
])('nodes of a listener on %s are told %j', (nodeHost, endpoints) => {
  expect(ownEndpoints({ nodeHost, nodeEndpoints: [] }, 7071, found)).toEqual(endpoints);
  expect(ownEndpoints({ nodeHost, nodeEndpoints: ['lb.example:1'] }, 7071, found)).toEqual(['lb.example:1']);
});

test('the certificate has the addresses of this machine, and names and addresses that are configured', () => {
  const names = certificateNames(
    { tlsNames: ['::2', 'c.example'], nodeEndpoints: ['[::3]:1', 'd.example:1'], publicUrl: 'https://[::4]:7443' },
    found,
  );
  expect(names.dnsNames).toEqual(expect.arrayContaining(['localhost', 'c.example', 'd.example']));
  expect(names.ipAddresses).toEqual(['127.0.0.1', '::1', ...found, '::2', '::3', '::4']);
});

import { describe, expect, test } from 'vitest';
import { hostPort, parseHost, parseHostPort } from './host-port.ts';

describe('a host', () => {
  test.each([
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['[FD00::A]', 'fd00::a'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['::', '::'],
    ['[::]', '::'],
    ['10.0.0.7', '10.0.0.7'],
    [' Fleet.Example.NET ', 'fleet.example.net'],
    ['localhost', 'localhost'],
    ['controller_1', 'controller_1'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ])('%s is %s', (text, host) => expect(parseHost(text)).toBe(host));

  test.each([
    '',
    '[]',
    '[10.0.0.7]',
    '[name]',
    '[::1',
    '::1]',
    '1.2.3',
    '256.1.1.1',
    ':::1',
    'a b',
    '-a',
    'a..b',
    'a:1',
  ])('%s is none', (text) => expect(parseHost(text)).toBeUndefined());
});

describe('host and port', () => {
  test.each([
    ['[::1]:7071', '::1', 7071],
    ['[0:0:0:0:0:0:0:1]:7071', '::1', 7071],
    ['10.0.0.7:1', '10.0.0.7', 1],
    ['a.example:65535', 'a.example', 65_535],
  ])('%s', (text, host, port) => {
    expect(parseHostPort(text)).toEqual({ host, port });
    expect(parseHostPort(hostPort(host, port))).toEqual({ host, port });
  });

  test.each(['::1', '[::1]', 'a.example'])('%s has the default port', (text) => {
    expect(parseHostPort(text)).toBeUndefined();
    expect(parseHostPort(text, 7071)).toMatchObject({ port: 7071 });
  });

  test.each(['a.example:0', 'a.example:65536', 'a.example:', ':7071', '[::1]7071', 'a:b:1', 'a/b:1', '[a]:1'])(
    '%s is none',
    (text) => {
      expect(parseHostPort(text)).toBeUndefined();
      expect(parseHostPort(text, 7071)).toBeUndefined();
    },
  );
});

import { expect, test } from 'vitest';
import { proxiesOf } from './http-proxy.ts';

const FAR = 'controller.example:7071';

test.each([
  ['http://proxy.example:3128', { host: 'proxy.example', port: 3128 }],
  ['http://proxy.example', { host: 'proxy.example', port: 80 }],
  ['proxy.example:3128', { host: 'proxy.example', port: 3128 }],
  ['http://[2001:db8::1]:3128/', { host: '2001:db8::1', port: 3128 }],
  ['http://user:p%40ss@proxy.example:3128', { host: 'proxy.example', port: 3128, authorization: 'Basic dXNlcjpwQHNz' }],
])('HTTPS_PROXY=%s', (url, proxy) => {
  expect(proxiesOf({ HTTPS_PROXY: url })(FAR)).toEqual(proxy);
  expect(proxiesOf({ https_proxy: url, HTTPS_PROXY: 'http://other' })(FAR)).toEqual(proxy);
});

test.each([
  ['https://user:hidden@proxy.example:3128', /http:\/\/ only/],
  ['socks5://user:hidden@proxy.example:1080', /http:\/\/ only/],
  ['http://user:hidden%zz@proxy.example', /%25/],
  ['http://user:hidden@:3128', /not the URL of a proxy/],
])('HTTPS_PROXY=%s is refused without being shown', (url, message) => {
  const read = () => proxiesOf({ HTTPS_PROXY: url });
  expect(read).toThrow(message);
  expect(read).not.toThrow(/hidden/);
});

test.each([
  ['', FAR, true],
  ['*', FAR, false],
  ['controller.example', FAR, false],
  ['Example', FAR, false],
  ['.example, other', FAR, false],
  ['*.example', FAR, false],
  ['ample', FAR, true],
  ['controller.example:7071', FAR, false],
  ['controller.example:7072', FAR, true],
  ['192.0.2.0/24', '192.0.2.7:7071', false],
  ['192.0.2.7', '192.0.2.7:7071', false],
  ['192.0.2.8', '192.0.2.7:7071', true],
  ['2001:db8::/32', '[2001:db8::7]:7071', false],
  ['192.0.2.0/99', '192.0.2.7:7071', true],
  ['', 'localhost:7071', false],
  ['', '127.0.0.1:7071', false],
  ['', '[::1]:7071', false],
  ['[fd00::7]:7071', '[fd00::7]:7071', false],
  ['[fd00:0::7]:7071', '[fd00::7]:8080', true],
  ['[fd00::7]', '[fd00::7]:7071', false],
])('NO_PROXY=%s, and %s is reached through the proxy: %s', (exceptions, endpoint, isProxied) => {
  const env = { HTTPS_PROXY: 'http://proxy.example:3128', NO_PROXY: exceptions };
  expect(proxiesOf(env)(endpoint) !== undefined).toBe(isProxied);
  expect(proxiesOf({ ...env, NO_PROXY: '*', no_proxy: exceptions })(endpoint) !== undefined).toBe(isProxied);
});

test('without HTTPS_PROXY there is no proxy', () => {
  expect(proxiesOf({ HTTP_PROXY: 'http://proxy.example' })(FAR)).toBeUndefined();
  expect(proxiesOf({ HTTPS_PROXY: 'http://proxy.example', https_proxy: '' })(FAR)).toBeUndefined();
});

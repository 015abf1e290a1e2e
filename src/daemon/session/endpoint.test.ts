import { expect, test } from 'vitest';
import { endpointOf, readEndpoint, splitEndpoint } from './endpoint.ts';
import { tlsTarget } from './tls-target.ts';

test.each([
  ['fleet.example', 'fleet.example:7071'],
  ['https://fleet.example/', 'fleet.example:7071'],
  ['https://fleet.example:8443/path', 'fleet.example:8443'],
  ['10.0.0.7', '10.0.0.7:7071'],
  ['::1', '[::1]:7071'],
  ['[::1]', '[::1]:7071'],
  ['[0:0::1]:8443', '[::1]:8443'],
  ['https://[::1]', '[::1]:7071'],
  ['https://[::1]:8443', '[::1]:8443'],
])('%s is %s', (address, endpoint) => {
  expect(endpointOf(address)).toBe(endpoint);
  expect(splitEndpoint(endpoint)).toEqual({ host: expect.not.stringContaining('['), port: expect.any(Number) });
});

test.each(['', 'a b', 'fleet.example:0', 'fleet.example:99999', '[fleet.example]:1', '::1]:1'])(
  '%j is refused in words',
  (address) => {
    expect(readEndpoint(address)).toBeUndefined();
    expect(() => endpointOf(address)).toThrow(/is not host:port; give a name or an address/);
  },
);

test('at an IPv6 address the certificate has to name that address', () => {
  const { verifyOptions } = tlsTarget('[::1]:7071');
  const named = { subject: {}, subjectaltname: 'IP Address:0:0:0:0:0:0:0:1' } as never;
  const other = { subject: {}, subjectaltname: 'IP Address:0:0:0:0:0:0:0:2' } as never;
  expect(verifyOptions.checkServerIdentity?.('x', named)).toBeUndefined();
  expect(verifyOptions.checkServerIdentity?.('x', other)).toBeInstanceOf(Error);
});

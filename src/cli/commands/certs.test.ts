import { expect, test } from 'vitest';
import { A, AT, runCases, setup } from '#test/support/cli-cases.ts';

runCases([
  {
    line: `certs list --node ${A} --ends-within 36h --all`,
    routes: {
      'GET /v1/certificates': {
        json: {
          items: [
            { serial: '1A', purpose: 'node', subject: 'CN=a', revoked_at: AT, not_after: AT },
            { serial: '1B', purpose: 'node', subject: 'CN=a', revoked_at: null, not_after: '2026-01-02T00:00:00Z' },
          ],
          next_cursor: null,
        },
      },
    },
    asks: [`GET /v1/certificates?node_id=${A}&ends_within_days=2&with_old=true&limit=200`],
    prints: `SERIAL\tPURPOSE\tSUBJECT\tSTATE\tENDS\n1A\tnode\tCN=a\trevoked\t${AT}\n1B\tnode\tCN=a\tvalid\t2026-01-02T00:00:00Z\n`,
  },
  {
    line: 'certs rotate-intermediate',
    routes: { 'POST /v1/authorities/rotate-intermediate': { status: 201, json: { id: 'i2', not_after: AT } } },
    asks: ['POST /v1/authorities/rotate-intermediate'],
    prints: `intermediate i2 signs now, until ${AT}\n`,
  },
]);

test.each([
  ['ca', '/pki/ca.pem'],
  ['crl', '/pki/crl.pem'],
])('garrison certs %s prints what everybody may read, and shows no key for it', async (what, path) => {
  const { server, session } = await setup({ [`GET ${path}`]: (response, _) => response.end('-----BEGIN …\n') });
  expect((await session.run('certs', what)).stdout).toBe('-----BEGIN …\n');
  expect(server.requests[0]?.headers).not.toHaveProperty('authorization');
  expect(server.requests[0]?.headers).not.toHaveProperty('x-api-key');
});

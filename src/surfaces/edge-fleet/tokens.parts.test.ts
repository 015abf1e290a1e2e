import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import { type EdgeFleetApp, edgeFleetApp } from '#test/support/edge-fleet-app.ts';

let fleet: EdgeFleetApp;
beforeAll(async () => {
  fleet = await edgeFleetApp();
});
afterAll(() => fleet.close());

const TOKENS = '/v1/edge/enrollment-tokens';

test.each([
  ['900 seconds when nothing is said', {}, 900],
  ['as long as is asked for', { ttl_seconds: 60, name: 'web' }, 60],
])('a token lives %s, names where to dial and is for the caller’s tenant', async (_, body, seconds) => {
  const answer = await fleet.call('POST', TOKENS, { body });
  expect(answer.statusCode).toBe(201);
  const { token, expires_at, controller_endpoint, qr_payload } = answer.json();
  expect([controller_endpoint, qr_payload]).toEqual(['relay.example.com:7071', `aegis-edge-enroll://${token}`]);
  expect(decodeProtectedHeader(token).alg).toBe('EdDSA');
  const { exp, nbf, tid } = decodeJwt(token);
  expect([Number(exp) - Number(nbf), Number(exp) * 1_000, tid]).toEqual([
    seconds,
    Date.parse(expires_at),
    fleet.tenant.slug,
  ]);
});

test('an empty body and none at all are the same', async () => {
  expect((await fleet.call('POST', TOKENS)).statusCode).toBe(201);
});

test('issued tokens are listed newest first, without the tokens, and can be withdrawn', async () => {
  for (const name of ['one', 'two']) await fleet.call('POST', TOKENS, { body: { name } });
  const answer = await fleet.call('GET', `${TOKENS}?limit=2`);
  const [two, one] = answer.json().items;
  expect([two.name, one.name]).toEqual(['two', 'one']);
  expect(answer.body).not.toContain('eyJ');
  expect(two).toMatchObject({ tenant_id: fleet.tenant.slug, redeemed_at: null, withdrawn_at: null });
  expect((await fleet.call('DELETE', `${TOKENS}/${two.id}`)).statusCode).toBe(204);
  expect((await fleet.call('DELETE', `${TOKENS}/${two.id}`)).statusCode).toBe(204);
  const again = (await fleet.call('GET', `${TOKENS}?limit=1`)).json();
  expect(again.items[0]).toMatchObject({ id: two.id, withdrawn_at: expect.stringMatching(/Z$/) });
  const next = (await fleet.call('GET', `${TOKENS}?limit=1&cursor=${again.next_cursor}`)).json();
  expect(next.items[0].id).toBe(one.id);
});

test('a record there is not cannot be withdrawn', async () => {
  for (const id of [newId(), 'x', `n-${newId()}`]) {
    expect((await fleet.call('DELETE', `${TOKENS}/${id}`)).statusCode).toBe(404);
  }
});

test('a team the caller acts for already is no other tenant', async () => {
  const answer = await fleet.call('POST', TOKENS, { body: { team_tenant_id: fleet.tenant.slug } });
  expect(answer.statusCode).toBe(201);
});

test.each<[string, object, string]>([
  ['a life of 901 s', { ttl_seconds: 901 }, '#/ttl_seconds'],
  ['a life of 0 s', { ttl_seconds: 0 }, '#/ttl_seconds'],
  ['a life that is text', { ttl_seconds: 'long' }, '#/ttl_seconds'],
  ['a fraction of a second', { ttl_seconds: 1.5 }, '#/ttl_seconds'],
  ['a name that is a number', { name: 5 }, '#/name'],
  ['a team there is not', { team_tenant_id: `t-${newId()}` }, '#/team_tenant_id'],
  ['an unknown field', { colour: 'red' }, '#/colour'],
])('with %s no token is issued', async (_, body, pointer) => {
  const answer = await fleet.call('POST', TOKENS, { body });
  expect([answer.statusCode, answer.json().code, answer.json().errors[0].pointer]).toEqual([
    400,
    'validation',
    pointer,
  ]);
});

test.each([`limit=0`, 'cursor=!!', `cursor=${Buffer.from('["x","y"]').toString('base64url')}`])(
  'a list with %s is refused',
  async (query) => {
    expect((await fleet.call('GET', `${TOKENS}?${query}`)).statusCode).toBe(400);
  },
);

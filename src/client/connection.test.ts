import { afterEach, expect, test } from 'vitest';
import { type FakeController, fakeController, type Routes } from '#test/support/fake-controller.ts';
import { ApiError, UnreachableError } from './api-error.ts';
import { Connection, path } from './connection.ts';

const servers: FakeController[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function setup(routes: Routes, options: { timeoutMs?: number } = {}) {
  const server = await fakeController(routes);
  servers.push(server);
  return {
    server,
    connection: new Connection({ baseUrl: `${server.url}/`, headers: { authorization: 'Bearer k' }, ...options }),
  };
}

test('a request carries the credential, its query with lists repeated, and its body as JSON', async () => {
  const { server, connection } = await setup({ 'POST /v1/things': { json: { id: '1' } } });
  const answer = await connection.json({
    method: 'POST',
    path: '/v1/things',
    query: { tag: ['a', 'b&c'], none: undefined, limit: 5 },
    body: { name: 'x' },
  });
  expect(answer).toEqual({ id: '1' });
  const [request] = server.requests;
  expect(request).toMatchObject({ method: 'POST', url: '/v1/things?tag=a&tag=b%26c&limit=5', body: { name: 'x' } });
  expect(request?.headers).toMatchObject({ authorization: 'Bearer k', 'content-type': 'application/json' });
});

test('an empty answer is undefined', async () => {
  const { connection } = await setup({ 'DELETE /v1/things/1': {} });
  expect(await connection.json({ method: 'DELETE', path: '/v1/things/1' })).toBeUndefined();
});

test('ids in a path cannot become other paths', () => {
  expect(path`/v1/hosts/${'../keys?x#y'}/tags`).toBe('/v1/hosts/..%2Fkeys%3Fx%23y/tags');
});

test.each([
  [
    'edge-fleet',
    { title: 'Forbidden', status: 403, code: 'insufficient_scope', detail: 'it lacks the scope' },
    { code: 'insufficient_scope', message: 'it lacks the scope' },
  ],
  ['a problem without detail', { title: 'Conflict', code: 'conflict' }, { code: 'conflict', message: 'Conflict' }],
  [
    'edge-admin',
    {
      error: { code: 'validation_failed', message: 'Validation failed', details: { name: ['is reserved'] } },
      meta: {},
    },
    { code: 'validation_failed', message: 'Validation failed', details: { name: ['is reserved'] } },
  ],
  [
    'org-outposts',
    { error: 'validation_error', message: 'The request is not valid', detail: 'region: is missing' },
    { code: 'validation_error', message: 'The request is not valid: region: is missing' },
  ],
  ['nothing of ours', '<html>', { code: 'http_422', message: 'the server answered 422 Unprocessable Entity' }],
])('the refusal of %s is read', async (_, body, expected) => {
  const headers = { 'x-request-id': 'r-1', 'retry-after': '7' };
  const { connection } = await setup({ 'GET /x': { status: 422, json: body, headers } });
  const error = await connection.json({ path: '/x' }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 422, requestId: 'r-1', retryAfterSeconds: 7, ...expected });
});

test('nobody there is an UnreachableError that says so', async () => {
  const { server, connection } = await setup({});
  await server.close();
  const error = await connection.json({ path: '/x' }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UnreachableError);
  expect(error).toMatchObject({ url: server.url, message: 'connection refused' });
});

test('a certificate of an unknown authority is told apart, so that the advice can be another', async () => {
  const cause = Object.assign(new Error('self-signed'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' });
  const fetch = () => Promise.reject(new TypeError('fetch failed', { cause }));
  const connection = new Connection({ baseUrl: 'https://c', fetch });
  await expect(connection.json({ path: '/x' })).rejects.toMatchObject({
    reason: 'untrusted',
    message: 'its certificate is not of a known authority',
  });
});

test('an answer that does not come is an UnreachableError', async () => {
  const { connection } = await setup({ 'GET /x': (_response, _request) => {} }, { timeoutMs: 30 });
  await expect(connection.json({ path: '/x' })).rejects.toThrow('no answer within 0.03 s');
  await expect(connection.stream({ path: '/x' })).rejects.toThrow('no answer within 0.03 s');
});

test('an abort of the caller comes out as his own reason', async () => {
  const { connection } = await setup({ 'GET /x': (_response, _request) => {} });
  const leaving = new AbortController();
  const waiting = connection.json({ path: '/x', signal: leaving.signal });
  leaving.abort(new Error('left'));
  await expect(waiting).rejects.toThrow('left');
});

test('a redirect is not followed with the credential', async () => {
  const { server, connection } = await setup({ 'GET /x': { status: 302, json: {}, headers: { location: '/y' } } });
  await expect(connection.json({ path: '/x' })).rejects.toBeInstanceOf(UnreachableError);
  expect(server.seen).toEqual(['GET /x']);
});

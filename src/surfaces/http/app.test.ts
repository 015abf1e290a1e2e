import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { afterEach, describe, expect, test } from 'vitest';
import type { AuditEntry } from '#core/audit/audit-trail.ts';
import type { Idempotency, KeptAnswer } from '#core/idempotency/idempotency.ts';
import { ManualClock } from '#core/kernel/clock.ts';
import type { Context, Principal } from '#core/kernel/context.ts';
import { FleetError, type FleetErrorCode } from '#core/kernel/fleet-error.ts';
import { newId, type TenantId } from '#core/kernel/ids.ts';
import { silentLog } from '#runtime/log.ts';
import { defineOperation } from '#test/support/define-operation.ts';
import { createHttpApp } from './app.ts';
import type { Operation } from './operation.ts';
import { bearerCredential } from './request.ts';
import type { Surface } from './surface.ts';

const tenantId = newId<TenantId>();
const STATUS: Partial<Record<FleetErrorCode, number>> = {
  unauthenticated: 401,
  forbidden: 403,
  insufficient_scope: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  unavailable: 503,
  internal: 500,
};

const open: FastifyInstance[] = [];
afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
});

class MemoryIdempotency implements Idempotency {
  readonly #kept = new Map<string, { hash: string; answer: KeptAnswer | 'secret' | undefined }>();

  async claim({ key, operation }: { key: string; operation: string }, bodyHash: Buffer) {
    const kept = this.#kept.get(operation + key);
    if (kept === undefined) {
      this.#kept.set(operation + key, { hash: bodyHash.toString('hex'), answer: undefined });
      return { kind: 'first' } as const;
    }
    if (kept.hash !== bodyHash.toString('hex')) return { kind: 'refused', reason: 'other_body' } as const;
    if (kept.answer === undefined) return { kind: 'refused', reason: 'unfinished' } as const;
    if (kept.answer === 'secret') return { kind: 'refused', reason: 'secret' } as const;
    return { kind: 'replay', answer: kept.answer } as const;
  }

  async renew(): Promise<void> {}

  async complete({ key, operation }: { key: string; operation: string }, answer: KeptAnswer | 'secret') {
    const kept = this.#kept.get(operation + key);
    if (kept) kept.answer = answer;
  }

  async release({ key, operation }: { key: string; operation: string }) {
    this.#kept.delete(operation + key);
  }
}

async function setup(extra: Partial<Operation> = {}, surfaceParts: Partial<Surface> = {}) {
  const clock = new ManualClock(0);
  const audited: AuditEntry[] = [];
  const contexts: Context[] = [];
  let made = 0;
  const principal: Principal = {
    kind: 'key',
    subject: 'key-1',
    name: 'key one',
    tenantId,
    scopes: new Set(['things.read', 'things.write']),
    isMaster: false,
  };
  const makeThing = {
    ...defineOperation({
      method: 'POST',
      path: '/t/{box}/things',
      operationId: 'makeThing',
      summary: 'Make a thing',
      tags: ['Things'],
      principals: ['key'],
      scope: 'things.write',
      auditAction: 'thing.create',
      params: Type.Object({ box: Type.String({ format: 'uuid' }) }),
      body: Type.Object({
        name: Type.String({ minLength: 1, maxLength: 8 }),
        size: Type.Integer({ minimum: 1, default: 3 }),
        note: Type.Optional(Type.Union([Type.String({ maxLength: 4 }), Type.Null()])),
      }),
      responses: { 201: { description: 'Made', schema: Type.Object({ number: Type.Integer(), name: Type.String() }) } },
      errors: ['conflict'],
      isIdempotent: true,
      async handler(ctx, { body }) {
        contexts.push(ctx);
        if (body.name === 'taken') throw new FleetError('conflict', 'taken already');
        if (body.name === 'broken') throw new Error('password=hunter2');
        made += 1;
        return { status: 201, body: { number: made, name: body.name, size: body.size }, headers: { location: '/t/1' } };
      },
    }),
    ...extra,
  };
  const listThings = defineOperation({
    method: 'GET',
    path: '/t/things',
    operationId: 'listThings',
    summary: 'List things',
    tags: ['Things'],
    principals: ['key'],
    scope: 'things.read',
    query: Type.Object({
      tag: Type.Optional(Type.Array(Type.String())),
      limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
      connected: Type.Optional(Type.Boolean()),
    }),
    responses: { 200: { description: 'Things', schema: Type.Unknown() } },
    errors: [],
    handler: async (_, { query }) => ({ status: 200, body: query }),
  });
  const surface: Surface = {
    name: 'things',
    title: 'Things',
    description: '',
    version: '1',
    prefixes: ['/t'],
    operations: [makeThing, listThings],
    securitySchemes: {},
    isQueryStrict: true,
    errorSchema: Type.Unknown(),
    authenticate: async (request) => {
      const key = bearerCredential(request);
      if (key === 'good') return principal;
      if (key === 'reader') return { ...principal, scopes: new Set(['things.read']) };
      throw new FleetError('unauthenticated', 'no good key');
    },
    renderError: ({ code, message, details }, { requestId }) => ({
      status: STATUS[code] ?? 400,
      body: { code, message, details, requestId },
    }),
    ...surfaceParts,
  };
  const app = await createHttpApp({
    surfaces: [surface],
    clock,
    log: silentLog,
    audit: { hasRoom: true, record: async (entry) => void audited.push(entry) },
    idempotency: new MemoryIdempotency(),
    publicPrincipal: {
      kind: 'system',
      subject: 'public',
      name: 'public',
      tenantId,
      scopes: new Set(),
      isMaster: false,
    },
    isCheckingAnswers: true,
  });
  open.push(app);
  const box = newId();
  const post = (payload: unknown, headers: Record<string, string> = {}, url = `/t/${box}/things`) =>
    app.inject({
      method: 'POST',
      url,
      headers: { authorization: 'Bearer good', 'content-type': 'application/json', ...headers },
      payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    });
  const get = (url: string) => app.inject({ method: 'GET', url, headers: { authorization: 'Bearer good' } });
  return { app, clock, audited, contexts, box, post, get, made: () => made };
}

describe('order of checks', () => {
  test('a missing credential is told before anything about body or path', async () => {
    const { post } = await setup();
    const answer = await post('{"a": ', { authorization: '' }, '/t/no-uuid/things');
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  test('a missing scope is told before anything about the body', async () => {
    const { post } = await setup();
    const answer = await post('{"a": ', { authorization: 'Bearer reader' });
    expect(answer.json()).toMatchObject({ code: 'insufficient_scope' });
  });

  test('a credential of a kind the operation does not take is forbidden', async () => {
    const { post } = await setup({ principals: ['master'] });
    expect((await post({ name: 'a' })).json()).toMatchObject({ code: 'forbidden' });
  });
});

describe('bodies', () => {
  test('defaults are filled in, and numbers in strings are not numbers', async () => {
    const { post } = await setup();
    expect((await post({ name: 'a' })).json()).toEqual({ number: 1, name: 'a', size: 3 });
    expect((await post({ name: 'a', size: '3' })).json()).toMatchObject({
      code: 'malformed',
      details: { size: ['must be an integer'] },
    });
  });

  test('every broken field is named, with what is wrong', async () => {
    const { post } = await setup();
    const answer = await post({ size: 0, note: 'too long' });
    expect(answer.json()).toMatchObject({
      code: 'malformed',
      details: {
        name: ['is required'],
        size: ['must be at least 1'],
        note: ['must have at most 4 characters'],
      },
    });
  });

  test('a choice that fits no branch is told in one sentence', async () => {
    const { post } = await setup();
    expect((await post({ name: 'a', note: 7 })).json().details).toEqual({ note: ['must be a string or null'] });
  });

  test('an empty body is an empty object', async () => {
    const { app, box } = await setup();
    const headers = { authorization: 'Bearer good' };
    const answer = await app.inject({ method: 'POST', url: `/t/${box}/things`, headers });
    expect(answer.json().details).toEqual({ name: ['is required'] });
  });

  test.each([
    ['not JSON', '{"a": ', 'unreadable'],
    ['a key that reaches prototypes', '{"__proto__": {"x": 1}}', 'unreadable'],
    ['nested beyond reason', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, 'unreadable'],
    ['a NUL character', '{"name": "a\\u0000b"}', 'unreadable'],
    ['half a surrogate pair', '{"name": "\\ud800"}', 'unreadable'],
    ['a list', '[1]', 'malformed'],
    ['null', 'null', 'malformed'],
  ])('%s is refused', async (_, payload, code) => {
    const { post } = await setup();
    expect((await post(payload)).json()).toMatchObject({ code });
  });

  test('another content type and a body that is too large have codes of their own', async () => {
    const { post } = await setup();
    expect((await post('<a/>', { 'content-type': 'application/xml' })).statusCode).toBe(415);
    expect((await post({ name: 'a'.repeat(2_000_000) })).statusCode).toBe(413);
  });
});

describe('paths and queries', () => {
  test('a path parameter that breaks its schema is malformed', async () => {
    const { post } = await setup();
    expect((await post({ name: 'a' }, {}, '/t/one/things')).json()).toMatchObject({
      code: 'malformed',
      details: { box: ['must be a UUID'] },
    });
  });

  test('text becomes numbers and booleans, and one value becomes a list where a list is meant', async () => {
    const { get } = await setup();
    expect((await get('/t/things?tag=a&connected=true&limit=7')).json()).toEqual({
      tag: ['a'],
      connected: true,
      limit: 7,
    });
    expect((await get('/t/things?tag=a&tag=b')).json()).toEqual({ tag: ['a', 'b'], limit: 50 });
  });

  test.each([
    ['limit=201', { limit: ['must be at most 200'] }],
    ['limit=7&limit=8', { limit: ['must be an integer'] }],
    ['limit=1e999', { limit: ['must be an integer'] }],
    ['limit=-1e999', { limit: ['must be an integer'] }],
    ['colour=red', { colour: ['is not known here; the fields are tag, limit, connected'] }],
  ])('%s is malformed', async (query, details) => {
    const { get } = await setup();
    expect((await get(`/t/things?${query}`)).json()).toMatchObject({ code: 'malformed', details });
  });

  test.each([
    ['/t/nothing', 404, 'not_found'],
    ['/t/%zz/things', 400, 'unreadable'],
    ['/t/things?tag=%00', 400, 'unreadable'],
    ['/elsewhere', 404, undefined],
  ])('GET %s is answered with %i', async (url, status, code) => {
    const { get } = await setup();
    const answer = await get(url);
    expect(answer.statusCode).toBe(status);
    expect(answer.json().code).toBe(code);
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('a method the path does not know is told with those it does', async () => {
    const { app } = await setup();
    const answer = await app.inject({ method: 'DELETE', url: '/t/things' });
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'GET']);
  });
});

describe('request ids', () => {
  test('are ours, new each time, and those of the context', async () => {
    const { post, contexts } = await setup();
    const first = await post({ name: 'a' }, { 'x-request-id': 'mine' });
    const second = await post({ name: 'a' });
    expect(first.headers['x-request-id']).toBe(contexts[0]?.requestId);
    expect(second.headers['x-request-id']).toBe(contexts[1]?.requestId);
    expect(contexts[0]?.requestId).not.toBe(contexts[1]?.requestId);
  });
});

describe('errors', () => {
  test('what is not ours becomes internal and does not show', async () => {
    const { post } = await setup();
    const answer = await post({ name: 'broken' });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('hunter2');
  });

  test('an answer its operation does not declare is a defect the tests see', async () => {
    const { post } = await setup({ handler: async () => ({ status: 201, body: { number: 'one' } }) });
    expect((await post({ name: 'a' })).statusCode).toBe(500);
  });
});

describe('idempotency keys', () => {
  test('the same key and body repeat the first answer whole', async () => {
    const { post, made } = await setup();
    const first = await post({ name: 'a', size: 1 }, { 'idempotency-key': 'k' });
    const again = await post({ size: 1, name: 'a' }, { 'idempotency-key': 'k' });
    expect([again.statusCode, again.body, again.headers['x-request-id'], again.headers.location]).toEqual([
      201,
      first.body,
      first.headers['x-request-id'],
      '/t/1',
    ]);
    expect(made()).toBe(1);
  });

  test('the same key and another body conflict', async () => {
    const { post } = await setup();
    await post({ name: 'a' }, { 'idempotency-key': 'k' });
    expect((await post({ name: 'b' }, { 'idempotency-key': 'k' })).json()).toMatchObject({ code: 'conflict' });
  });

  test('an answer with a secret is not repeated', async () => {
    const { post, made } = await setup({ hasSecretAnswer: true });
    await post({ name: 'a' }, { 'idempotency-key': 'k' });
    expect((await post({ name: 'a' }, { 'idempotency-key': 'k' })).statusCode).toBe(409);
    expect(made()).toBe(1);
  });

  test('a refusal frees the key, a defect keeps it', async () => {
    const { post } = await setup();
    for (const _ of [1, 2]) {
      const answer = await post({ name: 'taken' }, { 'idempotency-key': 'k' });
      expect(answer.json()).toMatchObject({ message: 'taken already' });
    }
    expect((await post({ name: 'broken' }, { 'idempotency-key': 'l' })).statusCode).toBe(500);
    expect((await post({ name: 'broken' }, { 'idempotency-key': 'l' })).statusCode).toBe(409);
  });
});

describe('rates', () => {
  const rateClass = { name: 'two', burst: 2, perMinute: 60, by: 'principal', hasHeaders: true } as const;

  test('beyond the burst the answer says when to come back, and then it is served', async () => {
    const { post, clock } = await setup({ rateClass });
    const answers = [await post({ name: 'a' }), await post({ name: 'a' }), await post({ name: 'a' })];
    expect(answers.map((answer) => answer.statusCode)).toEqual([201, 201, 429]);
    expect(answers.map((answer) => answer.headers['x-ratelimit-remaining'])).toEqual(['1', '0', '0']);
    expect(answers[2]?.headers['retry-after']).toBe('1');
    clock.advance(1_000);
    expect((await post({ name: 'a' })).statusCode).toBe(201);
  });
});

describe('the audit log', () => {
  test('has a row for what was done and for what was refused, and none for what could not be read', async () => {
    const { post, audited, box } = await setup();
    await post({ name: 'a' });
    await post({ name: 'taken' });
    await post({ name: '' });
    await post({ name: 'a' }, { authorization: 'Bearer reader' });
    expect(audited.map(({ action, object, outcome }) => [action, object, outcome])).toEqual([
      ['thing.create', box, 'ok'],
      ['thing.create', box, 'conflict'],
      ['thing.create', box, 'insufficient_scope'],
    ]);
  });
});

import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defineOperation } from '#test/support/define-operation.ts';
import { plainSurface, testHttpApp } from '#test/support/test-http-app.ts';

/** Whatever comes in: an answer of the surface, never a defect. The plain surface answers defects with 500. */
const Selector = Type.Cyclic(
  {
    Selector: Type.Object({
      name: Type.Optional(Type.String({ maxLength: 8 })),
      any: Type.Optional(Type.Array(Type.Ref('Selector'))),
      value: Type.Optional(Type.Union([Type.Number(), Type.Null(), Type.Object({ in: Type.Array(Type.String()) })])),
    }),
  },
  'Selector',
);

let app: FastifyInstance;
beforeAll(async () => {
  const operation = defineOperation({
    method: 'POST',
    path: '/t/{id}/things',
    operationId: 'make',
    summary: 'Make',
    tags: [],
    principals: ['public'],
    params: Type.Object({ id: Type.String({ minLength: 1 }) }),
    query: Type.Object({ limit: Type.Integer({ default: 1 }), tag: Type.Optional(Type.Array(Type.String())) }),
    body: Selector,
    responses: { 200: { description: 'As it came.', schema: Type.Unknown() } },
    errors: [],
    isIdempotent: true,
    handler: async (_, { params, query, body }) => ({ status: 200, body: { params, query, body } }),
  });
  ({ app } = await testHttpApp([plainSurface([operation])]));
});
afterAll(() => app.close());

async function statusOf(url: string, payload: string | Buffer, headers: Record<string, string> = {}): Promise<number> {
  const request = {
    method: 'POST',
    url,
    payload,
    headers: { 'content-type': 'application/json', ...headers },
  } as const;
  return (await app.inject(request)).statusCode;
}

const isAnswer = (status: number) => status === 200 || (status >= 400 && status < 500);

test('any JSON in the body', async () => {
  await fc.assert(
    fc.asyncProperty(fc.json({ maxDepth: 12 }), async (body) => isAnswer(await statusOf('/t/1/things', body))),
    { numRuns: 300 },
  );
});

test('any bytes in the body', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) =>
      isAnswer(await statusOf('/t/1/things', Buffer.from(bytes))),
    ),
    { numRuns: 200 },
  );
});

test('bodies that are nearly right', async () => {
  const { selector } = fc.letrec((tie) => ({
    selector: fc.record(
      {
        name: fc.oneof(fc.string({ unit: 'binary' }), fc.integer()),
        any: fc.oneof(fc.array(tie('selector'), { maxLength: 3 }), fc.constant(null)),
        value: fc.oneof(fc.double(), fc.constant(null), fc.record({ in: fc.anything() })),
      },
      { requiredKeys: [] },
    ),
  }));
  await fc.assert(
    fc.asyncProperty(selector, async (body) => isAnswer(await statusOf('/t/1/things', JSON.stringify(body)))),
    { numRuns: 300 },
  );
});

test('any address below the prefix', async () => {
  const piece = fc.oneof(
    fc.string(),
    fc.webPath(),
    fc.constantFrom('%00', '%zz', '%ff', '..', '//', '%2e%2e', '?', '??=&'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 5 }), async (pieces) => {
      const url = `/t/${pieces.join('/').replaceAll(/[^\x21-\x7e]/g, '%20')}`;
      return isAnswer(await statusOf(url, '{}'));
    }),
    { numRuns: 300 },
  );
});

test('any query and any idempotency key', async () => {
  const entries = fc.array(
    fc.tuple(fc.constantFrom('limit', 'tag', 'other', '__proto__'), fc.string({ unit: 'binary' })),
  );
  await fc.assert(
    fc.asyncProperty(entries, fc.string({ unit: 'grapheme-ascii' }), async (query, key) => {
      const text = query.map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`).join('&');
      return isAnswer(await statusOf(`/t/1/things?${text}`, '{}', { 'idempotency-key': key }));
    }),
    { numRuns: 300 },
  );
});

test('a good request is served', async () => {
  expect(await statusOf('/t/1/things?limit=2&tag=a', '{"any":[{"name":"a"}]}')).toBe(200);
});

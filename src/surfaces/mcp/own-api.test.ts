import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { expect, test } from 'vitest';
import { defineOperation } from '#test/support/define-operation.ts';
import { plainSurface, publicPrincipal, testHttpApp } from '#test/support/test-http-app.ts';
import { OwnApi } from './own-api.ts';

const caller = { credential: 'x', address: '127.0.0.1' };

test('an answer that is too large is not kept: the rest of it is not read', async () => {
  const answers: Record<string, string> = { small: 'x', large: 'x'.repeat(5_000_000) };
  const operation = defineOperation({
    method: 'GET',
    path: '/t/{which}',
    operationId: 'readText',
    summary: 'Read',
    tags: [],
    principals: ['key'],
    params: Type.Object({ which: Type.String({ maxLength: 9 }) }),
    responses: { 200: { description: 'Text', schema: Type.Object({ text: Type.String() }) } },
    errors: [],
    handler: async (_, { params: { which } }) => ({ status: 200, body: { text: answers[which] ?? '' } }),
  });
  const surface = plainSurface([operation], { authenticate: async () => ({ ...publicPrincipal(), kind: 'key' }) });
  let app: FastifyInstance | undefined;
  const api = new OwnApi([surface], () => app as FastifyInstance); // set below
  ({ app } = await testHttpApp([surface]));
  const read = (which: string) => api.call(caller, 'plain.readText', { params: { which } });
  expect(await read('small')).toMatchObject({ status: 200, body: { text: 'x' }, requestId: expect.any(String) });
  expect(await read('large')).toMatchObject({ status: 413, body: { code: 'answer_too_large' } });
  expect((await read('small')).status).toBe(200);
  await app.close();
});

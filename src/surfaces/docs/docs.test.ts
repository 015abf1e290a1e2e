import { Validator } from '@seriousme/openapi-schema-validator';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defineOperation } from '#test/support/define-operation.ts';
import { plainSurface, testHttpApp } from '#test/support/test-http-app.ts';
import type { Surface } from '../http/surface.ts';
import { docs } from './docs.ts';
import { openApiDocument } from './openapi.ts';

const Thing = Type.Object({ name: Type.String() }, { title: 'Thing' });

const surface: Surface = plainSurface(
  [
    defineOperation({
      method: 'POST',
      path: '/t/{box}/things',
      operationId: 'makeThing',
      summary: 'Make a thing',
      tags: ['Things'],
      principals: ['key'],
      scope: ['things.write', 'admin'],
      params: Type.Object({ box: Type.String({ format: 'uuid', description: 'The box.' }) }),
      query: Type.Object({ limit: Type.Integer({ default: 50 }), tag: Type.Array(Type.String()) }),
      body: Thing,
      isIdempotent: true,
      responses: { 201: { description: 'Made.', schema: Thing, headers: { Location: 'Where it is.' } } },
      errors: ['not_found'],
      handler: async () => ({ status: 201, body: { name: 'x' } }),
    }),
    defineOperation({
      method: 'GET',
      path: '/t/things',
      operationId: 'listThings',
      summary: 'List things',
      tags: ['Things'],
      principals: ['public'],
      responses: { 200: { description: 'All.', schema: Type.Array(Thing) } },
      errors: [],
      handler: async () => ({ status: 200, body: [] }),
    }),
  ],
  {
    name: 'edge-admin',
    events: [
      {
        type: 'thing.made',
        summary: 'A thing <b>was</b> made.',
        payload: Type.Object({ name: Type.String() }, { title: 'ThingMade' }),
        example: { name: '<script>' },
      },
    ],
    securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
    wrapSchema: (schema) => Type.Object({ data: schema }),
  },
);

let app: FastifyInstance;
beforeAll(async () => {
  ({ app } = await testHttpApp([surface], { plugins: [docs({ surfaces: [surface] })] }));
});
afterAll(() => app.close());

test('the document is OpenAPI 3.1', async () => {
  const verdict = await new Validator().validate(structuredClone(openApiDocument(surface)) as Record<string, unknown>);
  expect(verdict).toEqual({ valid: true });
});

test('it says who may, what is read, and every status with the code it has', () => {
  const document = openApiDocument(surface);
  expect(document).toMatchObject({
    paths: {
      '/t/{box}/things': {
        post: {
          security: [{ key: ['things.write'] }, { key: ['admin'] }],
          parameters: [
            { name: 'box', in: 'path', required: true, description: 'The box.' },
            { name: 'limit', in: 'query', required: false },
            { name: 'tag', in: 'query', required: true },
            { name: 'Idempotency-Key', in: 'header', required: false },
          ],
          requestBody: {
            required: true,
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
          },
          responses: {
            '201': {
              content: {
                'application/json': {
                  schema: { type: 'object', properties: { data: { $ref: '#/components/schemas/Thing' } } },
                },
              },
            },
            '400': { description: expect.stringContaining('No such object') },
          },
        },
      },
      '/t/things': { get: { security: [] } },
    },
    components: { schemas: { Thing: { title: 'Thing' } } },
  });
});

test.each([
  ['/openapi', 'application/json'],
  ['/openapi/edge-admin.json', 'application/json'],
  ['/api/openapi', 'application/json'],
  ['/api/asyncapi', 'application/json'],
  ['/asyncdoc', 'text/html'],
  ['/swaggerui', 'text/html'],
  ['/redoc', 'text/html'],
  ['/redoc?document=edge-admin', 'text/html'],
])('GET %s is %s, and names no other host', async (url, type) => {
  const answer = await app.inject(url);
  expect([answer.statusCode, String(answer.headers['content-type']).split(';')[0]]).toEqual([200, type]);
  expect(answer.body).not.toMatch(/https?:\/\//);
});

test('every script and style of the pages is served from here', async () => {
  for (const url of ['/swaggerui', '/redoc']) {
    const { body } = await app.inject(url);
    const assets = [...body.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css))"/g)].map(([, path]) => path ?? '');
    expect(assets.length).toBeGreaterThan(0);
    for (const asset of assets) expect([asset, (await app.inject(asset)).statusCode]).toEqual([asset, 200]);
  }
});

test('a document nobody has, and files beside the ones the pages need, are unknown', async () => {
  for (const url of ['/openapi/nothing.json', '/redoc/assets/redoc.lib.js', '/swaggerui/assets/../package.json'])
    expect([url, (await app.inject(url)).statusCode]).toEqual([url, 404]);
});

test.each(['/swaggerui', '/redoc', '/asyncdoc'])(
  '%s holds no script and no style but by its nonce, and allows none',
  async (url) => {
    const { body, headers } = await app.inject(url);
    const policy = String(headers['content-security-policy']);
    expect(policy).not.toMatch(/unsafe/);
    expect(policy).toContain("script-src 'self';");
    expect(body).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=|javascript:/);
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
    for (const [, given] of body.matchAll(/<style(?: nonce="([^"]*)")?>/g)) expect(given).toBe(nonce);
    const again = await app.inject(url);
    if (nonce !== undefined) expect(again.body).not.toContain(nonce);
  },
);

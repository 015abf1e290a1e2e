/** One server of `bench/http-plumbing.ts`: a bare Fastify route, or an operation of ours. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import Type from 'typebox';
import type { Principal } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { newId, type TenantId } from '#core/kernel/ids.ts';
import { bearerCredential } from '#surfaces/http/request.ts';
import { defineOperation } from '#test/support/define-operation.ts';
import { plainSurface, testHttpApp } from '../../test/support/test-http-app.ts';
import { serveParent } from './child.ts';

const Query = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  tag: Type.Optional(Type.Array(Type.String())),
});
const Body = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 128 }),
  size: Type.Integer({ minimum: 0 }),
  tags: Type.Array(Type.String()),
  note: Type.Union([Type.String(), Type.Null()]),
});

const things = Array.from({ length: 20 }, (_, index) => ({
  id: newId(),
  name: `thing-${index}`,
  status: 'Connected',
  since: '2026-03-01T10:00:00Z',
  tags: ['prod', 'web', 'region-1'],
  capabilities: { os: 'linux', arch: 'x86_64', local_tools: ['cmd.run', 'fs.read'], labels: { region: 'r1' } },
}));

serveParent<'bare' | 'ours'>({
  listen: (which) => (which === 'bare' ? listenBare() : listenOurs()),
  cpuSeconds: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
});

async function listenBare(): Promise<number> {
  const app = Fastify();
  app.get('/v1/bench/things', { schema: { querystring: Query } }, async () => ({ items: things, next_cursor: null }));
  app.post('/v1/bench/things', { schema: { body: Body } }, async (_, reply) => reply.code(201).send(things[0]));
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port; // it listens on a port
}

async function listenOurs(): Promise<number> {
  const principal: Principal = {
    kind: 'key',
    subject: 'bench',
    name: 'bench',
    tenantId: newId<TenantId>(),
    scopes: new Set(['bench']),
    isMaster: false,
  };
  const shared = {
    path: '/v1/bench/things',
    summary: '',
    tags: [],
    principals: ['key'],
    scope: 'bench',
    rateClass: { name: 'bench', burst: 10_000_000, perMinute: 600_000_000, by: 'principal' },
    errors: [],
  } as const;
  const operations = [
    defineOperation({
      ...shared,
      method: 'GET',
      operationId: 'list',
      query: Query,
      responses: { 200: { description: '' } },
      handler: async () => ({ status: 200, body: { items: things, next_cursor: null } }),
    }),
    defineOperation({
      ...shared,
      method: 'POST',
      operationId: 'create',
      auditAction: 'thing.create',
      isIdempotent: true,
      body: Body,
      responses: { 201: { description: '' } },
      handler: async () => ({ status: 201, body: things[0] }),
    }),
  ];
  const surface = plainSurface(operations, {
    prefixes: ['/v1/bench'],
    isQueryStrict: true,
    authenticate: async (request) => {
      if (bearerCredential(request) !== 'bench') throw new FleetError('unauthenticated', 'not known');
      return principal;
    },
  });
  const { app } = await testHttpApp([surface], {
    isCheckingAnswers: false,
    audit: { hasRoom: true, record: async () => undefined },
  });
  const server = createServer((request, response) => app.routing(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port; // it listens on a port
}

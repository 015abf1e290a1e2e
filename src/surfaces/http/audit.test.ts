import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import type { AuditEntry } from '#core/audit/audit-trail.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { defineOperation } from '#test/support/define-operation.ts';
import { plainSurface, publicPrincipal, testHttpApp } from '#test/support/test-http-app.ts';
import type { Answer } from './operation.ts';

const apps: FastifyInstance[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

/** One audited operation, `POST /t`, that answers what `handle` does; and a log that is written when the test says so. */
async function setup(handle: () => Promise<Answer>, written: Promise<void> = Promise.resolve()) {
  const entries: AuditEntry[] = [];
  const recorded = Promise.withResolvers<AuditEntry>();
  const operation = defineOperation({
    method: 'POST',
    path: '/t',
    operationId: 'act',
    summary: 'Act',
    tags: [],
    principals: ['key'],
    auditAction: 'thing.act',
    responses: { 204: { description: 'Done' }, 200: { description: 'Events', contentType: 'text/event-stream' } },
    errors: ['conflict'],
    handler: handle,
  });
  const principal = { ...publicPrincipal(), kind: 'key' as const, subject: 'key-1' };
  const { app } = await testHttpApp([plainSurface([operation], { authenticate: async () => principal })], {
    audit: {
      hasRoom: true,
      record: (entry) => {
        entries.push(entry);
        recorded.resolve(entry);
        return written;
      },
    },
  });
  apps.push(app);
  return { app, entries, recorded: recorded.promise };
}

test('an order is answered once it is in the audit log, not before', async () => {
  const written = Promise.withResolvers<void>();
  const { app, recorded } = await setup(async () => ({ status: 204 }), written.promise);
  let isAnswered = false;
  const answered = app.inject({ method: 'POST', url: '/t' }).then(({ statusCode }) => {
    isAnswered = true;
    return statusCode;
  });
  expect(await recorded).toMatchObject({ action: 'thing.act', subject: 'key-1', outcome: 'ok' });
  await new Promise(setImmediate);
  expect(isAnswered).toBe(false);
  written.resolve();
  expect(await answered).toBe(204);
});

test('a caller who leaves before the answer is in the audit log all the same', async () => {
  const called = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const { app, recorded } = await setup(async () => {
    called.resolve();
    await gate.promise;
    return { status: 204 };
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo; // it listens on TCP
  const call = request({ port, host: '127.0.0.1', method: 'POST', path: '/t' });
  call.on('error', () => {}); // it is we who leave
  call.end();
  await called.promise;
  call.destroy();
  await new Promise((resolve) => call.once('close', resolve));
  gate.resolve();
  expect(await recorded).toMatchObject({ action: 'thing.act', outcome: 'ok' });
});

test('a refusal is in the audit log with its code, and once', async () => {
  const { app, entries } = await setup(async () => {
    throw new FleetError('conflict', 'it is there already');
  });
  await app.inject({ method: 'POST', url: '/t' });
  expect(entries.map(({ outcome }) => outcome)).toEqual(['conflict']);
});

test('an order whose answer is a stream is in the audit log when the stream begins', async () => {
  const gate = Promise.withResolvers<void>();
  const { app, entries, recorded } = await setup(async () => ({ status: 200, stream: () => gate.promise }));
  const answered = app.inject({ method: 'POST', url: '/t' });
  expect(await recorded).toMatchObject({ outcome: 'ok' });
  gate.resolve();
  await answered;
  expect(entries).toHaveLength(1);
});

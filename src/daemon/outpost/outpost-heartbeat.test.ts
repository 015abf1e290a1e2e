import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { silentLog } from '#runtime/log.ts';
import { stressService } from '#runtime/service-stress.ts';
import { ScriptedAuthority } from '#test/support/scripted-listener.ts';
import { OutpostHeartbeat } from './outpost-heartbeat.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

test('goes on when an answer breaks off in the middle', async () => {
  const authority = new ScriptedAuthority();
  const { chain, key } = authority.server();
  const warned: string[] = [];
  const answered = Promise.withResolvers<void>();
  let beats = 0;
  const server = createServer({ cert: chain, key }, (request, response) => {
    request.resume();
    beats += 1;
    if (beats > 1) {
      response.end('{}');
      return answered.resolve();
    }
    response.writeHead(200, { 'content-length': 100 });
    response.write('{', () => response.destroy());
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const api = `https://localhost:${(server.address() as AddressInfo).port}`; // it listens on TCP
  const identity = { ...authority.identity([]), outpost: { api, orgId: 'org', outpostId: 'outpost' } };
  const heartbeat = new OutpostHeartbeat({
    identity: () => identity,
    telemetry: () => ({ version: '1', policyVersion: 'none', lastSyncAt: undefined, pendingEvents: 0 }),
    log: { ...silentLog, warn: (_facts, message) => warned.push(message) },
    everyMs: 1,
  });
  await heartbeat.start();
  await answered.promise;
  await heartbeat.stop();
  expect(warned).toHaveLength(1);
});

test('keeps the contract of a service, also where nobody answers', async () => {
  const outpost = { api: 'https://127.0.0.1:1', orgId: 'org', outpostId: 'outpost' };
  const identity = { ...new ScriptedAuthority().identity([]), outpost };
  const telemetry = () => ({ version: '1', policyVersion: 'none', lastSyncAt: undefined, pendingEvents: 0 });
  await stressService(() => new OutpostHeartbeat({ identity: () => identity, telemetry, log: silentLog }));
});

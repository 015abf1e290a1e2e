import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import type { NodeLink } from '#core/sessions/node-link.ts';
import type { Session } from '#core/sessions/session.ts';
import type { SessionRegistry } from '#core/sessions/session-registry.ts';
import { Hello } from '#protocol/gen/garrison/node/v1/node.ts';
import { PROTOCOL_VERSION } from '#protocol/protocol-version.ts';
import { silentLog } from '#runtime/log.ts';
import { NodeBudget } from './frame-budgets.ts';
import { type NodeStream, serveSession } from './session-stream.ts';

test('what a node sends while its session opens is not read before it is open, whoever drains meanwhile', async () => {
  const stream = new Duplex({ objectMode: true, read: () => {}, write: (_frame, _encoding, done) => done() });
  const opening = Promise.withResolvers<Session>();
  const links: NodeLink[] = [];
  const pulses: unknown[] = [];
  const called = Promise.withResolvers<void>();
  const sessions = {
    open: (_nodeId: string, _serial: string, _greeting: object, link: NodeLink) => {
      links.push(link);
      called.resolve();
      return opening.promise;
    },
    close: () => {},
    pulse: (session: Session) => pulses.push(session),
  } as unknown as SessionRegistry; // the rest is not called
  serveSession(
    stream as unknown as NodeStream,
    { nodeId: newId(), serial: '', budget: new NodeBudget(), received: () => {}, dropConnection: () => {} },
    {
      sessions,
      log: silentLog,
      controllerId: 'controller',
      heartbeatIntervalMs: 15_000,
      addresses: { endpoints: [], elsewhere: [] },
      metricsIntervalMs: 30_000,
      frames: {},
      bulk: { join: () => ({ ask: () => {}, tunnelRefused: () => {}, end: () => {} }) },
      ssh: { join: () => ({ attempted: () => {}, end: () => {} }) },
    },
  );
  stream.push({
    frame: { $case: 'hello', value: Hello.fromPartial({ protocolVersion: PROTOCOL_VERSION, facts: {} }) },
  });
  await called.promise;
  stream.push({ frame: { $case: 'heartbeat', value: { healthy: true, problems: [], freeSlots: 1 } } });
  links[0]?.pauseReading(false);
  await new Promise(setImmediate);
  expect(pulses).toEqual([]);
  const session = { isOpen: true } as Session; // nothing else is asked
  opening.resolve(session);
  await expect.poll(() => pulses).toEqual([session]);
  stream.destroy();
});

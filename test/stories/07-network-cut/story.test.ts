import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation, script, until } from '#test/support/installation.ts';
import { TcpProxy } from '#test/support/tcp-proxy.ts';

let site: Installation;
let wire: TcpProxy;

beforeAll(async () => {
  wire = new TcpProxy();
  const port = await wire.listen();
  site = await Installation.start({ nodeEndpoints: `127.0.0.1:${port}` });
  wire.pointTo(site.nodePort);
  await site.addNode('behind-nat');
});

afterAll(async () => {
  await site.close();
  await wire.close();
});

test('the wire is cut while output flows: every line arrives, once and in order', async () => {
  const lines = 200;
  const runId = await site.begin({
    target: { All: null },
    ...script(`for n in $(seq ${lines}); do echo "line $n"; sleep 0.01; done`),
  });
  for (let cut = 0; cut < 3; cut++) {
    await until(
      'the node is back',
      async () => (await Array.fromAsync(site.fleet.hosts({ connected: true }))).length === 1,
    );
    wire.cut();
    await until(
      'the controller has noticed',
      async () => (await Array.fromAsync(site.fleet.hosts({ connected: true }))).length === 0,
    );
    wire.mend();
  }
  await site.untilEnded(runId);
  const { events } = await site.fleet.events(runId, undefined, AbortSignal.timeout(20_000));
  const text = (await Array.fromAsync(events))
    .map((event) => (event.event === 'command_progress' && 'stdout' in event.data.chunk ? event.data.chunk.stdout : ''))
    .join('');
  expect(text).toBe(Array.from({ length: lines }, (_, index) => `line ${index + 1}\n`).join(''));
});

test('a node that is away is left out of a run, with the reason', async () => {
  wire.cut();
  await until(
    'the controller has noticed',
    async () => (await Array.fromAsync(site.fleet.hosts({ connected: true }))).length === 0,
  );
  const preview = await site.fleet.preview({ All: null });
  expect(preview).toMatchObject({ resolved: [], skipped: [{ reason: 'Disconnected' }] });
  wire.mend();
  await site.untilConnected(['behind-nat']);
});

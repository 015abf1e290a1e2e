import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation, script } from '#test/support/installation.ts';
import { TcpProxy } from '#test/support/tcp-proxy.ts';

/** From one continent to another. */
const ROUND_TRIP_MS = 250;
/** What HTTP/2 lets through in a round trip unless it is told otherwise. */
const BYTES_OF_ROUND_TRIP = 65_535;
const ORDERS = 12;
const OUTPUT_BYTES = 1_000_000;

let site: Installation;
let wire: TcpProxy;

beforeAll(async () => {
  wire = new TcpProxy({ roundTripMs: ROUND_TRIP_MS });
  const port = await wire.listen();
  site = await Installation.start({ nodeEndpoints: `127.0.0.1:${port}` });
  wire.pointTo(site.nodePort);
  await site.addNode('far-away');
});

afterAll(async () => {
  await site.close();
  await wire.close();
});

test('the output of one node far away is not bounded by 64 KiB for each round trip', async () => {
  const startedAt = performance.now();
  const order = { target: { All: null }, ...script(`head -c ${OUTPUT_BYTES} /dev/zero | tr '\\0' x`) };
  const runIds = await Promise.all(Array.from({ length: ORDERS }, () => site.begin(order)));
  const runs = await Promise.all(runIds.map((runId) => site.untilEnded(runId)));
  const tookMs = performance.now() - startedAt;
  expect(runs.map(({ outcome }) => outcome)).toEqual(Array(ORDERS).fill('complete'));
  const boundMs = ((ORDERS * OUTPUT_BYTES) / BYTES_OF_ROUND_TRIP) * ROUND_TRIP_MS;
  expect(boundMs / tookMs).toBeGreaterThan(4);
});

import { expect, test } from 'vitest';
import { script, until } from '#test/support/installation.ts';
import { battlefield } from './support/battlefield-hooks.ts';

const MEGABYTES = 100;
/** What is kept of stdout: the limit, and room for the marker. */
const KEPT_AT_MOST = 1_048_576 + 65_536;
const field = battlefield();

async function orderForTheHostile(): Promise<string> {
  const { site } = field();
  let nodeId: string | undefined;
  await until('the hostile node is connected', async () => {
    const hosts = await Array.fromAsync(site.fleet.hosts({ connected: true }));
    nodeId = hosts.find(({ name }) => name === 'hostile')?.node_id;
    return nodeId !== undefined;
  });
  return site.begin({ target: { Node: nodeId ?? '' }, ...script('true') });
}

test('a node that sends a hundred times the output it may keeps to its limit in storage', async () => {
  const order = orderForTheHostile();
  const secret = await field().joinKey();
  const { sentBytes } = await field().attackedBy<{ sentBytes: number }>('output-flood', {
    secret,
    megabytes: MEGABYTES,
  });
  expect(sentBytes).toBeGreaterThan(KEPT_AT_MOST);
  const { events } = await field().site.fleet.events(await order, undefined, AbortSignal.timeout(20_000));
  let kept = 0;
  for await (const event of events) {
    if (event.event !== 'command_progress') continue;
    kept += Buffer.byteLength(Object.values(event.data.chunk).join(''));
    if (kept > 2 * KEPT_AT_MOST) break;
  }
  expect(kept).toBeLessThanOrEqual(KEPT_AT_MOST);
});

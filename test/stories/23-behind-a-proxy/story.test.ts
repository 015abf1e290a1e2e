import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConnectProxy } from '#test/support/connect-proxy.ts';
import { Installation, script } from '#test/support/installation.ts';

/** Nobody but the proxy knows the way to this name. */
const ENDPOINT = 'controller.invalid:7071';

let site: Installation;
let proxy: ConnectProxy;

beforeAll(async () => {
  site = await Installation.start({ nodeEndpoints: ENDPOINT });
  proxy = new ConnectProxy({ target: () => site.nodePort, credentials: 'node:p@ss' });
});

afterAll(async () => {
  await site.close();
  await proxy.close();
});

test('a host behind a proxy joins, does what it is ordered, and comes back when its way was cut', async () => {
  const env = { HTTPS_PROXY: `http://node:p%40ss@${await proxy.listen()}`, NO_PROXY: 'elsewhere.invalid' };
  await site.addNode('inside', {}, undefined, env);
  const order = { target: { All: null }, ...script('echo "$HTTPS_PROXY," done') };
  const output = async () => {
    const events = await site.run(order);
    return events.flatMap((event) => (event.event === 'command_progress' ? [event.data.chunk] : []));
  };
  expect(await output()).toEqual([{ stdout: ', done\n' }]); // commands are not told the password
  const before = proxy.asked.length;
  proxy.cut();
  await expect.poll(() => proxy.asked.length, { timeout: 30_000 }).toBeGreaterThan(before);
  await site.untilConnected(['inside']);
  await expect.poll(output, { timeout: 30_000 }).toEqual([{ stdout: ', done\n' }]);
  expect(new Set(proxy.asked.map(({ endpoint }) => endpoint))).toEqual(new Set([ENDPOINT]));
});

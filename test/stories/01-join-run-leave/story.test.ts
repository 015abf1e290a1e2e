import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation, script, until } from '#test/support/installation.ts';
import { processesWith } from '#test/support/process-table.ts';

let site: Installation;

beforeAll(async () => {
  site = await Installation.start({ nodes: 3 });
});

afterAll(() => site.close());

test('three hosts join with one-time tokens, run an order with live output, and one leaves', async () => {
  const hosts = await Array.fromAsync(site.fleet.hosts());
  expect(hosts.map((host) => [host.name, host.status])).toEqual([
    ['node-01', 'Connected'],
    ['node-02', 'Connected'],
    ['node-03', 'Connected'],
  ]);

  const events = await site.run({ target: { All: null }, ...script('echo "hello from $(uname)"; echo "careful" >&2') });
  const output = events
    .filter((event) => event.event === 'command_progress')
    .map((event) => JSON.stringify(event.data.chunk));
  expect(output.filter((chunk) => chunk.includes('hello from Linux'))).toHaveLength(3);
  expect(output.filter((chunk) => chunk.includes('stderr') && chunk.includes('careful'))).toHaveLength(3);
  expect(events.at(-1)).toMatchObject({ event: 'fleet_result', data: { summary: { ok: 3, err: 0 } } });

  const leaving = hosts[1];
  if (leaving === undefined) throw new Error('no second host');
  await site.fleet.revokeHost(leaving.node_id);
  const daemon = site.daemons.find(({ name }) => name === leaving.name);
  expect(await daemon?.exited()).not.toBe(0);
  expect(daemon?.log).toMatch(/revoked/);
  const after = await site.run({ target: { All: null }, ...script('true') });
  expect(after.at(-1)).toMatchObject({ data: { summary: { ok: 2 } } });
});

test('a daemon that is started again keeps its identity', async () => {
  const daemon = site.daemons.find(({ name }) => name === 'node-01');
  if (daemon === undefined) throw new Error('no daemon');
  const before = await Array.fromAsync(site.fleet.hosts());
  await daemon.stop();
  daemon.start();
  await site.untilConnected([daemon.name]);
  const after = await Array.fromAsync(site.fleet.hosts());
  expect(after.map((host) => host.node_id)).toEqual(before.map((host) => host.node_id));
});

test('the node of `up` dies with it, and is back with the next one', async () => {
  const alone = await Installation.start({ withLocalNode: true });
  try {
    const isConnected = async () => (await Array.fromAsync(alone.fleet.hosts({ connected: true }))).length === 1;
    await until('the local node connected', isConnected);
    const inside = await alone.run({ target: { All: null }, tool: 'fs.list', args: { path: alone.dataDir } });
    expect(inside.find(({ event }) => event === 'command_result')?.data).toMatchObject({
      result: { err: { code: 'path_refused' } },
    });
    await alone.stopController('SIGKILL');
    await until('nothing of it is left', () => processesWith(alone.dataDir).length === 0);
    await alone.startController();
    await until('the local node is back', isConnected);
  } finally {
    await alone.close();
  }
});

import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { NodeRun } from '#client/edge-fleet/wire.ts';
import { type DaemonProcess, Installation, script, until } from '#test/support/installation.ts';
import { processesWith } from '#test/support/process-table.ts';

let site: Installation;
let daemon: DaemonProcess;
/** The commands of this test have it. */
let mark: string;

beforeAll(async () => {
  site = await Installation.start();
  daemon = await site.addNode('host');
});
beforeEach(() => {
  mark = `garrison-detached-${randomUUID()}`;
});
afterAll(() => site.close());

test.each(['SIGTERM', 'SIGKILL'] as const)(
  '%s of the daemon does not end it, and it ends once as what it was',
  async (signal) => {
    const runId = await begin(`echo before; ${untilTold()}; echo after; echo wrong >&2; exit 5`);
    await until('its output has come', async () => (await nodeOf(runId))?.stdout_tail === 'before\n');
    await daemon.stop(signal);
    expect(processesWith(mark).length).toBeGreaterThan(0);
    daemon.start();
    await site.untilConnected(['host']);
    expect(await order('echo others go on')).toMatchObject({ outcome: 'ok' });
    tell();
    await site.untilEnded(runId);
    expect(await nodeOf(runId)).toMatchObject({
      outcome: 'err',
      exit_code: 5,
      stdout_tail: 'before\nafter\n',
      stderr_tail: 'wrong\n',
    });
    expect(startsOf()).toBe(1);
    await until('nothing is kept of it', () => readdirSync(join(daemon.stateDir, 'detached')).length === 0);
  },
);

test('an order that restarts its own daemon ends as what it was', async () => {
  const other = await begin(untilTold());
  await until('another runs', () => processesWith(mark).length > 0);
  const runId = await begin(`kill ${daemon.pid}; ${untilTold()}; echo upgraded`);
  await until('the daemon is away', () => daemon.exitCode === 0);
  tell();
  await until('the command is over', () => processesWith(mark).length === 0);
  daemon.start();
  await site.untilEnded(runId);
  expect(await nodeOf(runId)).toMatchObject({ outcome: 'ok', exit_code: 0, stdout_tail: 'upgraded\n' });
  await site.untilEnded(other);
  expect(await nodeOf(other)).toMatchObject({ outcome: 'ok' });
  expect(startsOf()).toBe(2);
});

test('its deadline is kept by the next life, and a cancel reaches it there', async () => {
  const late = await begin(`trap 'echo bye; exit' TERM; ${untilTold()}`, { timeout_secs: 8 });
  const unwanted = await begin(untilTold());
  await until('both run', () => processesWith(mark).length >= 2);
  await daemon.stop('SIGKILL');
  daemon.start();
  await site.untilConnected(['host']);
  await site.fleet.cancel(unwanted);
  await site.untilEnded(unwanted);
  expect(await nodeOf(unwanted)).toMatchObject({ outcome: 'cancelled' });
  await site.untilEnded(late);
  expect(await nodeOf(late)).toMatchObject({ outcome: 'timed_out', stdout_tail: 'bye\n' });
  await until('nothing of them is left', () => processesWith(mark).length === 0);
});

test('what nobody watches over any more is ended, and told as interrupted', async () => {
  const runId = await begin(untilTold());
  await until('it runs', () => processesWith(mark).length > 0);
  await daemon.stop('SIGKILL');
  for (const runner of processesWith('detached-runner')) process.kill(runner, 'SIGKILL');
  daemon.start();
  const detail = await site.untilEnded(runId);
  expect(detail.per_node[0]).toMatchObject({ outcome: 'err', exit_code: null });
  await until('it is gone', () => processesWith(mark).length === 0);
  expect(startsOf()).toBe(1);
});

const fileOf = (name: string) => join(site.directory, `${mark}-${name}`);
const tell = () => writeFileSync(fileOf('go'), '');
const untilTold = () => `echo started >>${fileOf('starts')}; until [ -e ${fileOf('go')} ]; do sleep 0.05; done`;
const startsOf = () =>
  existsSync(fileOf('starts')) ? readFileSync(fileOf('starts'), 'utf8').trim().split('\n').length : 0;

function begin(text: string, args: Record<string, unknown> = {}): Promise<string> {
  const { tool, args: how } = script(text);
  return site.begin({ target: { All: null }, tool, args: { ...how, ...args, detached: true } });
}

async function order(text: string): Promise<NodeRun | undefined> {
  const runId = await site.begin({ target: { All: null }, ...script(text) });
  await site.untilEnded(runId);
  return nodeOf(runId);
}

async function nodeOf(runId: string): Promise<NodeRun | undefined> {
  return (await site.fleet.run(runId)).per_node[0];
}

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation, script, until } from '#test/support/installation.ts';
import { processesWith } from '#test/support/process-table.ts';

let site: Installation;

beforeAll(async () => {
  site = await Installation.start({ nodes: 5 });
});

afterAll(() => site.close());

test('cancelling 50 running sleeps leaves no process', async () => {
  const mark = `4000.${Math.floor(Math.random() * 1e9)}`;
  const runs = await Promise.all(
    Array.from({ length: 10 }, () => site.begin({ target: { All: null }, ...script(`sleep ${mark} & sleep ${mark}`) })),
  );
  // Each host runs eight at a time; what waits in its queue has no process yet.
  await until('40 are running', () => processesWith(mark).length >= 80);
  const answers = await Promise.all(runs.map((run) => site.fleet.cancel(run)));
  expect(answers.reduce((sum, answer) => sum + answer.cancelled, 0)).toBe(50);
  const details = await Promise.all(runs.map((run) => site.untilEnded(run)));
  expect(new Set(details.map((detail) => detail.outcome))).toEqual(new Set(['cancelled']));
  await until('no process is left', () => processesWith(mark).length === 0);
  const [first] = runs;
  expect(await site.fleet.cancel(first as string)).toMatchObject({ cancelled: 0, already_terminal: 5 });
});

test('a time limit ends the whole tree, also what ignores TERM', async () => {
  const mark = randomUUID();
  const stubborn = `trap '' TERM; bash -c "trap '' TERM; sleep 301 & wait; sleep 302 # ${mark}" & wait; sleep 303 # ${mark}`;
  const [node] = await Array.fromAsync(site.fleet.hosts());
  const events = await site.run({
    target: { Node: node?.node_id as string },
    ...script(stubborn),
    policy: { per_target_deadline_secs: 1 },
  });
  expect(events.find((event) => event.event === 'command_result')?.data).toMatchObject({
    result: { timed_out: { deadline_secs: 1 } },
  });
  await until('the tree is gone', () => processesWith(mark).length === 0);
});

test('the time limit of a command itself is what is reported, and ends what has left its session too', async () => {
  const mark = `4200.${Math.floor(Math.random() * 1e9)}`;
  const [node] = await Array.fromAsync(site.fleet.hosts());
  const order = script(`setsid sleep ${mark} & sleep ${mark}`);
  const events = await site.run({
    target: { Node: node?.node_id as string },
    ...order,
    args: { ...order.args, timeout_secs: 2 },
    policy: { per_target_deadline_secs: 600 },
  });
  expect(events.find((event) => event.event === 'command_result')?.data).toMatchObject({
    result: { timed_out: { deadline_secs: 2 } },
  });
  expect(processesWith(mark)).toEqual([]);
});

test('a grandchild that keeps the pipe open does not hold the result', async () => {
  const mark = `4100.${Math.floor(Math.random() * 1e9)}`;
  const [node] = await Array.fromAsync(site.fleet.hosts());
  const events = await site.run({
    target: { Node: node?.node_id as string },
    ...script(`setsid sleep ${mark} & echo done`),
  });
  expect(events.at(-1)).toMatchObject({ data: { summary: { ok: 1 } } });
  for (const pid of processesWith(mark)) process.kill(pid, 'SIGKILL');
});

test('output that is not UTF-8, a megabyte of it, and none at all', async () => {
  const [node] = await Array.fromAsync(site.fleet.hosts());
  const target = { Node: node?.node_id as string };
  const binary = await site.run({ target, ...script("printf '\\377\\376 bytes'") });
  expect(binary.at(-1)).toMatchObject({ data: { summary: { ok: 1 } } });
  const large = await site.run({ target, ...script('head -c 3000000 /dev/zero | tr "\\0" x; echo END') });
  const text = large
    .map((event) => (event.event === 'command_progress' && 'stdout' in event.data.chunk ? event.data.chunk.stdout : ''))
    .join('');
  expect(text.length).toBeLessThan(1_100_000);
  expect(text).toMatch(/omitted/);
  expect(text.trimEnd()).toMatch(/END$/);
  const silent = await site.run({ target, ...script('true') });
  expect(silent.filter((event) => event.event === 'command_progress')).toEqual([]);
});

test('a program that does not exist is an outcome with a reason', async () => {
  const [node] = await Array.fromAsync(site.fleet.hosts());
  const events = await site.run({
    target: { Node: node?.node_id as string },
    tool: 'cmd.run',
    args: { command: '/no/such/program' },
  });
  expect(events.find((event) => event.event === 'command_result')?.data).toMatchObject({
    result: { err: { code: 'spawn_failed' } },
  });
});

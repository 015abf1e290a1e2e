import { afterEach, expect, test } from 'vitest';
import { type CliOptions, cliSession } from '#test/support/cli-session.ts';
import { fakeController, type Routes } from '#test/support/fake-controller.ts';

const RUN = 'f-00000000-0000-7000-8000-00000000000f';
const NODE = 'n-00000000-0000-7000-8000-000000000001';
const run = {
  fleet_command_id: RUN,
  tool: 'script.run',
  target: { All: null },
  policy: { mode: 'Parallel', failure_policy: 'ContinueOnError', per_target_deadline_secs: null },
  started_at: '2026-01-01T12:00:00Z',
  ended_at: '2026-01-01T12:00:00Z',
  outcome: 'complete',
  summary: { ok: 3, err: 8, timed_out: 1, cancelled: 0, not_started: 0 },
  command: 'set -e\nmake install',
  command_sha256: 'ab'.repeat(32),
  args: { script: 'set -e\nmake install', user: 'deploy', env: { TOKEN: '[redacted]' } },
  caller: { id: 'key-1', name: 'anna' },
  duration_ms: 37,
};

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function setup(routes: Routes, options: CliOptions = {}) {
  const server = await fakeController(routes);
  const session = await cliSession({ ...options, env: { GARRISON_API: server.url, GARRISON_TOKEN: 't' } });
  open.push(server, session);
  return { server, session };
}

const LIST = 'GET /v1/edge/fleet/runs';

test('a list says what was run, by whom, how it went and how long it took', async () => {
  const { session } = await setup({ [LIST]: { json: { items: [run], next_cursor: null } } });
  const { stdout } = await session.run('runs', 'list');
  const [headers, cells] = stdout.split('\n').map((line) => line.split('\t'));
  expect(Object.fromEntries((headers ?? []).map((header, at) => [header, cells?.[at]]))).toEqual({
    RUN,
    OUTCOME: 'complete, 9 failed',
    TOOL: 'script.run',
    TARGET: 'all',
    RESULT: '3 ok, 8 failed, 1 timed out',
    STARTED: '2026-01-01T12:00:00Z',
    TOOK: '37ms',
    BY: 'anna',
    COMMAND: 'set -e make install',
  });
});

test('runs of a controller that tells no history are listed without', async () => {
  const { command, command_sha256, args, caller, duration_ms, ...old } = run;
  const { session } = await setup({ [LIST]: { json: { items: [old], next_cursor: null } } });
  const { exitCode, stdout } = await session.run('runs', 'list');
  expect(exitCode).toBe(0);
  expect(stdout.split('\n')[1]?.split('\t').slice(-3)).toEqual(['0.0s', '-', '-']);
});

test('filters go to the controller, a node by its id and times as instants', async () => {
  const { server, session } = await setup({
    [LIST]: { json: { items: [], next_cursor: null } },
    'GET /v1/edge/hosts': { json: { items: [{ node_id: NODE, name: 'web-1' }], next_cursor: null } },
  });
  const line = 'runs list --node web-1 --caller anna --outcome failed --tool script.run --until 2026-01-01 --since 1h';
  const before = Date.now();
  expect((await session.run(...line.split(' '), '--text', 'make install')).exitCode).toBe(0);
  const query = new URL(server.requests.at(-1)?.url ?? '', 'http://c').searchParams;
  expect(Object.fromEntries(query)).toMatchObject({
    node: NODE,
    caller: 'anna',
    outcome: 'failed',
    tool: 'script.run',
    text: 'make install',
    until: '2026-01-01T00:00:00.000Z',
  });
  const ago = before - Date.parse(query.get('since') ?? '');
  expect(Math.abs(ago - 3_600_000)).toBeLessThan(60_000);
});

test('targets are told by the names of nodes and groups', async () => {
  const [node, group] = [{ Node: NODE }, { Group: 'g-1' }];
  const items = [node, group, { Group: 'g-gone' }].map((target) => ({ ...run, target }));
  const { session } = await setup({
    [LIST]: { json: { items, next_cursor: null } },
    [`GET /v1/edge/hosts/${NODE}`]: { json: { node_id: NODE, name: 'web-1' } },
    'GET /v1/edge/groups': { json: { items: [{ id: 'g-1', name: 'web' }] } },
  });
  const { stdout } = await session.run('runs', 'list');
  const cells = stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t')[3]);
  expect(cells).toEqual(['@web-1', 'group:web', 'group:g-gone']);
});

test('one run says what was run with which arguments, and by whom', async () => {
  const { session } = await setup({ [`GET /v1/edge/fleet/runs/${RUN}`]: { json: { ...run, per_node: [] } } });
  const { stdout } = await session.run('runs', 'show', RUN);
  expect(stdout).toContain('outcome\tcomplete, 9 failed\n');
  expect(stdout).toContain('command\tset -e make install\n');
  expect(stdout).toContain(`sha256\t${'ab'.repeat(32)}\n`);
  expect(stdout).toContain('arguments\t{"user":"deploy","env":{"TOKEN":"[redacted]"}}\n');
  expect(stdout).toContain('by\tanna key-1\n');
  expect(stdout).toContain('took\t37ms\n');
});

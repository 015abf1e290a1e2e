import { afterEach, expect, test } from 'vitest';
import { type CliOptions, cliSession } from '#test/support/cli-session.ts';
import { eventStream, fakeController, type Routes } from '#test/support/fake-controller.ts';

const [A, B] = ['f-00000000-0000-7000-8000-00000000000a', 'f-00000000-0000-7000-8000-00000000000b'];
const idOf = (name: string) => `n-00000000-0000-7000-8000-00000000000${name.at(-1)}`;

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function setup(routes: Routes, options: CliOptions = {}) {
  const hosts = ['web-1', 'web-2', 'web-3'].map((name) => ({ node_id: idOf(name), name, status: 'Connected' }));
  const server = await fakeController({
    'GET /v1/edge/hosts': { json: { items: hosts, next_cursor: null } },
    ...Object.fromEntries(hosts.map((host) => [`GET /v1/edge/hosts/${host.node_id}`, { json: host }])),
    ...routes,
  });
  const session = await cliSession({ ...options, env: { GARRISON_API: server.url, GARRISON_TOKEN: 't' } });
  open.push(server, session);
  return { server, session };
}

// ---- search -----------------------------------------------------------------------------------------------------

const SEARCH = 'GET /v1/edge/fleet/output/search';
const found = (name: string, count: number, ...lines: string[]) => ({
  fleet_command_id: A,
  command_id: 'c-1',
  node_id: idOf(name),
  started_at: '2026-01-01T12:00:00Z',
  count,
  lines: lines.map((text) => ({ stream: 'stderr', text })),
});

test('lines are told with their run and node, and how many more there are', async () => {
  const items = [found('web-1', 3, 'disk full', '\u001b]0;owned\u0007disk full')];
  const { session } = await setup({ [SEARCH]: { json: { items, next_cursor: null } } });
  const { stdout, exitCode } = await session.run('runs', 'search', 'disk full');
  expect(exitCode).toBe(0);
  const place = `${A}\t2026-01-01T12:00:00Z\tweb-1`;
  expect(stdout.split('\n')).toEqual([
    'RUN\tSTARTED\tNODE\tSTREAM\tLINE',
    `${place}\tstderr\tdisk full`,
    `${place}\tstderr\t^[]0;owned^Gdisk full`,
    `${place}\t-\t… and 1 more lines`,
    '',
  ]);
});

test('a search goes on behind an empty page, asks for no more than it shows, and says when there may be more', async () => {
  let asked = 0;
  const { session, server } = await setup({
    [SEARCH]: (response, _) => {
      asked += 1;
      const page =
        asked === 1 ? { items: [], next_cursor: 'on' } : { items: [found('web-1', 1, 'x')], next_cursor: 'on' };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(page));
    },
  });
  const line = `runs search x --node web-1 --run ${A} --limit 1 --until 2026-01-02`;
  const { stdout, stderr } = await session.run(...line.split(' '));
  expect(stdout).toContain('web-1\tstderr\tx');
  expect(stderr).toBe('these are the first 1: --limit shows more\n');
  const searches = server.requests.filter(({ url }) => url?.includes('/output/search'));
  expect(searches).toHaveLength(2);
  expect(Object.fromEntries(new URL(searches[1]?.url ?? '', 'http://c').searchParams)).toEqual({
    text: 'x',
    run: A,
    node: idOf('web-1'),
    until: '2026-01-02T00:00:00.000Z',
    limit: '1',
    cursor: 'on',
  });
});

test('nothing found is said to a person', async () => {
  const { session } = await setup({ [SEARCH]: { json: { items: [], next_cursor: null } } }, { isTerminal: true });
  expect((await session.run('runs', 'search', 'x')).stdout).toBe('No output that is kept has it.\n');
});

// ---- diff -------------------------------------------------------------------------------------------------------

type Said = Readonly<Record<string, { stdout?: string; stderr?: string; exit?: number; result?: unknown }>>;

/** A run that has ended, as it is read and replayed. */
function runOf(id: string, said: Said, outcome = 'complete'): Routes {
  const targets = { fleet_command_id: id, targets_resolved: Object.keys(said).map(idOf), targets_skipped: [] };
  const events = Object.entries(said).flatMap(([name, { stdout, stderr, exit = 0, result }]) => {
    const place = { node_id: idOf(name), command_id: `c-${name}` };
    const facts = { exit_code: exit, duration_ms: Math.random() * 1_000, ...(result !== undefined && { result }) };
    const end = exit === 0 ? { ok: facts } : { err: { code: 'nonzero_exit', message: '', ...facts } };
    return [
      ...(stdout === undefined ? [] : [{ event: 'command_progress', data: { ...place, chunk: { stdout } } }]),
      ...(stderr === undefined ? [] : [{ event: 'command_progress', data: { ...place, chunk: { stderr } } }]),
      { event: 'command_result', data: { ...place, result: end } },
    ];
  });
  const summary = { ok: 0, err: 0, timed_out: 0, cancelled: 0, not_started: 0 };
  const groups = Object.keys(said).map((name) => ({
    ...{ digest: name, outcome: 'ok', exitCode: 0, count: 1, head: '', majority: false, whole: true },
    sampleHosts: [{ id: idOf(name), name }],
  }));
  return {
    'GET /v1/edge/fleet/runs': { json: { items: [], next_cursor: null } },
    [`GET /v1/runs/${id}/groups`]: { json: { total: groups.length, groups, more: 0, next_cursor: null } },
    [`GET /v1/edge/fleet/runs/${id}`]: { json: { fleet_command_id: id, outcome, per_node: [] } },
    [`GET /v1/edge/fleet/runs/${id}/events`]: (response, { url }) => {
      const nodes = new URL(url, 'http://x').searchParams.getAll('node');
      eventStream(response, [
        { event: 'fleet_started', data: targets },
        ...events.filter(({ data }) => nodes.includes(data.node_id)),
        { event: 'fleet_result', data: { ...targets, summary } },
      ]);
      response.end();
    },
  };
}

test('nodes with the same difference are told once, and what is the same is not told again', async () => {
  const { session } = await setup({
    ...runOf(A, { 'web-1': { stdout: 'a\nb\n' }, 'web-2': { stdout: 'a\nb\n' }, 'web-3': { stdout: 'x\n' } }),
    ...runOf(B, { 'web-1': { stdout: 'a\nc\n' }, 'web-2': { stdout: 'a\nc\n' }, 'web-3': { stdout: 'x\n' } }),
  });
  const { stdout, exitCode } = await session.run('runs', 'diff', A, B);
  expect(exitCode).toBe(0);
  expect(stdout.split('\n')).toEqual([
    '2 nodes: web-[1-2]',
    `--- ${A} stdout`,
    `+++ ${B} stdout`,
    '@@ -1,2 +1,2 @@',
    ' a',
    '-b',
    '+c',
    '',
    'the same: web-3',
    '',
  ]);
  expect((await session.run('runs', 'diff', A, B, '--exit-code')).exitCode).toBe(1);
  expect((await session.run('runs', 'diff', A, A, '--exit-code')).exitCode).toBe(0);
});

test('ends, standard error, answers of tools and nodes that are missing are differences too', async () => {
  const { session } = await setup({
    ...runOf(A, { 'web-1': { stderr: 'oh\n' }, 'web-2': { result: { size: 1 } }, 'web-3': {} }),
    ...runOf(B, { 'web-1': { stderr: 'no\n', exit: 3 }, 'web-2': { result: { size: 2 } } }),
  });
  const { stdout } = await session.run('runs', 'diff', A, B);
  expect(stdout).toContain(`1 node: web-1 (ok, then exit 3)\n--- ${A} stderr\n`);
  expect(stdout).toContain(`+++ ${B} result\n`);
  expect(stdout).toContain('-  "size": 1\n+  "size": 2\n');
  expect(stdout).toContain(`only in ${A}: web-3\n`);
  const { different, only, same } = JSON.parse((await session.run('runs', 'diff', A, B, '-o', 'json')).stdout);
  expect(different).toMatchObject([
    { nodes: [{ name: 'web-1' }], ends: ['ok', 'exit 3'], diff: expect.stringContaining('+no') },
    { nodes: [{ name: 'web-2' }], ends: ['ok', 'ok'] },
  ]);
  expect([only, same]).toEqual([{ [A]: [{ node_id: idOf('web-3'), name: 'web-3' }], [B]: [] }, []]);
});

test('one node is compared alone, and what a host said does not steer the terminal', async () => {
  const { session } = await setup({
    ...runOf(A, { 'web-1': { stdout: '\u001b[2Ja\n' }, 'web-2': { stdout: 'a\n' } }),
    ...runOf(B, { 'web-1': { stdout: '\u001b[2Jb\n' }, 'web-2': { stdout: 'b\n' } }),
  });
  const { stdout } = await session.run('runs', 'diff', A, B, '--node', 'web-1');
  expect(stdout).toContain('-^[[2Ja\n+^[[2Jb\n');
  expect(stdout).not.toContain('web-2');
});

test('a run that goes on is not compared', async () => {
  const { session } = await setup({ ...runOf(A, {}, 'running'), ...runOf(B, {}) });
  const { exitCode, stderr } = await session.run('runs', 'diff', A, B);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`run ${A} goes on`)]);
});

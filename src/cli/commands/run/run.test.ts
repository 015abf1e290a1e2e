import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type CliOptions, type CliSession, cliSession } from '#test/support/cli-session.ts';
import {
  type Answer,
  eventStream,
  type FakeController,
  fakeController,
  type Routes,
} from '#test/support/fake-controller.ts';

const RUN = 'f-00000000-0000-7000-8000-00000000000f';
const idOf = (name: string) => `n-00000000-0000-7000-8000-0000000000${Buffer.from(name).toString('hex').slice(-2)}`;
const member = (name: string) => ({ node_id: idOf(name), name, status: 'Connected' });
const AWAY = { node_id: idOf('z'), reason: 'Disconnected' };

const started = (names: readonly string[], skipped: unknown[] = []) => ({
  event: 'fleet_started',
  data: { fleet_command_id: RUN, targets_resolved: names.map(idOf), targets_skipped: skipped },
});
const said = (name: string, chunk: object) => ({
  event: 'command_progress',
  data: { node_id: idOf(name), command_id: `c-${name}`, chunk },
});
const ended = (name: string, result: object) => ({
  event: 'command_result',
  data: { node_id: idOf(name), command_id: `c-${name}`, result },
});
const over = (names: readonly string[], counts: object, skipped: unknown[] = []) => ({
  event: 'fleet_result',
  data: {
    ...started(names, skipped).data,
    summary: { ok: 0, err: 0, timed_out: 0, cancelled: 0, not_started: 0, ...counts },
  },
});
const OK = { ok: { exit_code: 0, duration_ms: 1200 } };
const answers = (result: object) => ({ ok: { ...OK.ok, result } });
const ERR = { err: { code: 'nonzero_exit', message: 'exit code 3', exit_code: 3, duration_ms: 400 } };
const REFUSED = {
  err: { code: 'policy_refused', message: 'this host allows no scripts', exit_code: null, duration_ms: null },
};

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

/** A fleet of hosts with one-letter names; `events` is what the order brings about. */
async function setup(
  names: readonly string[],
  events: readonly { event: string; data: unknown }[] | Answer,
  options: CliOptions = {},
  more: Routes = {},
) {
  const invoke: Answer = Array.isArray(events)
    ? (response, _) => {
        eventStream(response, events);
        response.end();
      }
    : (events as Answer); // one of the two, by its type
  const server: FakeController = await fakeController({
    'POST /v1/edge/fleet/preview': { json: { resolved: names.map(member), skipped: [] } },
    'POST /v1/edge/fleet/invoke': invoke,
    ...more,
  });
  const session: CliSession = await cliSession({
    ...options,
    env: { GARRISON_API: server.url, GARRISON_TOKEN: 'edge-token' },
  });
  open.push(server, session);
  return { server, session, order: () => server.requests.find((one) => one.url.startsWith('/v1/edge/fleet/invoke')) };
}

/** What `--fold` reads: the groups of the run, and what one node of each has said. */
function byGroup(
  groups: readonly (readonly [digest: string, names: readonly string[]])[],
  events: readonly { event: string; data: unknown }[],
): Routes {
  const listed = groups.map(([digest, names]) => ({
    ...{ digest, outcome: 'ok', exitCode: 0, count: names.length, head: '', majority: true, whole: true },
    sampleHosts: names.map((name) => ({ id: idOf(name), name })),
  }));
  return {
    'GET /v1/edge/fleet/runs': { json: { items: [], next_cursor: null } },
    [`GET /v1/runs/${RUN}/groups`]: { json: { total: 0, groups: listed, more: 0, next_cursor: null } },
    [`GET /v1/edge/fleet/runs/${RUN}/events`]: (response) => {
      eventStream(response, [...events, over([], {})]);
      response.end();
    },
  };
}

test('lines come behind the name of their host, standard output to standard output, all else to standard error', async () => {
  const { session, order } = await setup(
    ['a', 'b'],
    [
      started(['a', 'b']),
      said('a', { stdout: 'hel' }),
      said('b', { stderr: 'oh\n' }),
      said('a', { stdout: 'lo\nlast' }),
      ended('a', OK),
      ended('b', OK),
      over(['a', 'b'], { ok: 2 }),
    ],
  );
  const { exitCode, stdout, stderr } = await session.run('run', 'echo hello', '--on', 'all');
  expect(exitCode).toBe(0);
  expect(stdout).toBe('[a] hello\n[a] last\n');
  expect(stderr.split('\n')).toEqual([
    `run ${RUN}: 2 nodes, all at once, goes on when a node fails, no deadline`,
    '[b] oh',
    '[a] ok (exit=0, 1.2s)',
    '[b] ok (exit=0, 1.2s)',
    expect.stringMatching(`^run ${RUN} complete: 2 ok, of 2 in \\d.*s$`),
    '',
  ]);
  expect(order()?.body).toEqual({
    target: { All: null },
    tool: 'script.run',
    args: { script: 'echo hello' },
    policy: { mode: 'Parallel', failure_policy: 'ContinueOnError', per_target_deadline_secs: null },
  });
  expect(order()?.headers.authorization).toBe('Bearer edge-token');
});

test('flags become the policy of the order', async () => {
  const { session, order } = await setup(['a'], [started(['a']), ended('a', OK), over(['a'], { ok: 1 })]);
  const line =
    'run --on os=linux --on tags=web,prod --mode rolling=5 --max-concurrency 3 --on-error stop-after=2 --require-min 1 --deadline 2m --cwd /srv --env A=1 --env B=x=y --user app';
  await session.run(...line.split(' '), '--', 'make', '-j', '2', '--', 'all');
  expect(order()?.body).toEqual({
    target: { Selector: { os: 'linux', tags: [{ AllOf: ['web', 'prod'] }] } },
    tool: 'cmd.run',
    args: { command: 'make', args: ['-j', '2', '--', 'all'], cwd: '/srv', env: { A: '1', B: 'x=y' }, user: 'app' },
    policy: {
      mode: { Rolling: { batch: 5 } },
      max_concurrency: 3,
      failure_policy: { StopAfter: 2 },
      require_min_targets: 1,
      per_target_deadline_secs: 120,
    },
  });
});

test.each([
  ['sequential', 'Sequential'],
  ['rolling=3', { Rolling: { batch: 3 } }],
])('a run %s stops after the first failure unless it is told otherwise', async (mode, wire) => {
  const { session, order } = await setup(['a'], [started(['a']), ended('a', OK), over(['a'], { ok: 1 })]);
  await session.run('run', 'true', '--on', 'all', '--mode', mode);
  expect(order()?.body).toMatchObject({ policy: { mode: wire, failure_policy: { StopAfter: 1 } } });
});

const FILE = { path: '/etc/motd', kind: 'file', size: 4, encoding: 'utf8', content: 'one\ntwo', length: 7 };
const UNIT = {
  name: 'nginx.service',
  active_state: 'active',
  main_pid: null,
  sockets: ['a', 'b'],
  memory: { peak: 5 },
};
const LISTED = {
  entries: [{ name: 'motd', kind: 'file', size: 4, mode: '0644', uid: 0, gid: 0, modified_at: '2026-01-01T00:00:00Z' }],
};
test.each<[string, object, string[]]>([
  ['the content of a file', FILE, ['[a] one', '[a] two']],
  [
    'bytes that are no text',
    { ...FILE, encoding: 'base64', content: 'AAAA' },
    ['[a] (3 bytes that are no text; --output json has them as base64)'],
  ],
  ['a directory', LISTED, ['[a] file      0644 0:0          4 2026-01-01T00:00:00Z motd']],
  [
    'the state of a service',
    UNIT,
    [
      '[a] name: nginx.service',
      '[a] active_state: active',
      '[a] main_pid: -',
      '[a] sockets: a, b',
      '[a] memory:',
      '[a]   peak: 5',
    ],
  ],
])('what a tool answers is told: %s', async (_, result, lines) => {
  const { session } = await setup(['a'], [started(['a']), ended('a', answers(result)), over(['a'], { ok: 1 })]);
  const { stdout } = await session.run('run', '--on', 'all', '--tool', 'x');
  expect(stdout.split('\n')).toEqual([...lines, '']);
});

test('equal answers of a tool are folded; a program gets the answer itself', async () => {
  const events = [
    started(['a', 'b']),
    ended('a', answers(UNIT)),
    ended('b', answers(UNIT)),
    over(['a', 'b'], { ok: 2 }),
  ];
  const { session } = await setup(['a', 'b'], events, {}, byGroup([['x', ['a', 'b']]], [ended('a', answers(UNIT))]));
  const folded = await session.run('run', '--on', 'all', '--tool', 'service.status', '--fold');
  expect(folded.stdout).toContain('---------------\na b (2)\n---------------\nname: nginx.service\n');
  const json = await session.run('run', '--on', 'all', '--tool', 'service.status', '-o', 'json');
  expect(JSON.parse(json.stdout).nodes[0]).toMatchObject({ outcome: 'ok', result: UNIT });
});

test('a tool has its arguments by name or as JSON', async () => {
  const { session, order } = await setup(['a'], [started(['a']), ended('a', OK), over(['a'], { ok: 1 })]);
  await session.run('run', '--on', 'all', '--tool', 'fs.read', '--args', '{"path":"/x","limit":1}', '--arg', 'limit=7');
  expect(order()?.body).toMatchObject({ tool: 'fs.read', args: { path: '/x', limit: 7 } });
});

test('a script has its arguments and standard input', async () => {
  const { session, server } = await setup(['a'], [started(['a']), ended('a', OK), over(['a'], { ok: 1 })], {
    stdin: 'from stdin',
  });
  const file = join(session.homeDir, 'deploy.sh');
  await writeFile(file, 'deploy "$@"');
  await session.run('run', '-f', file, '--on', 'all', '--stdin', '--', '-x', 'b');
  await session.run('run', 'deploy "$@"', '--on', 'all', '--', 'c');
  await session.run('run', '--on', 'all', '--stdin', '--', 'cat');
  expect(server.requests.flatMap(({ body }) => (body as { args?: object } | undefined)?.args ?? [])).toEqual([
    { script: 'deploy "$@"', args: ['-x', 'b'], stdin: 'from stdin' },
    { script: 'deploy "$@"', args: ['c'] },
    { command: 'cat', args: [], stdin: 'from stdin' },
  ]);
});

test('a pipe that is not read is not ignored in silence', async () => {
  const events = [started(['a']), ended('a', OK), over(['a'], { ok: 1 })];
  const { session } = await setup(['a'], events, { stdin: 'data' });
  expect((await session.run('run', 'cat', '--on', 'all')).stderr).toContain('--stdin does that');
  expect((await session.run('run', 'cat', '--on', 'all', '--stdin')).stderr).not.toContain('--stdin');
  expect((await session.run('run', '-', '--on', 'all', '--stdin')).exitCode).toBe(2);
  expect((await session.run('run', '--tool', 'fs.read', '--on', 'all', '--stdin')).exitCode).toBe(2);
});

test.each([
  ['web-1,web-[2-3]', { Hosts: ['web-1', 'web-2', 'web-3'] }],
  ['web-*', { Hosts: ['web-*'] }],
  ['cluster:eu', { Cluster: 'eu' }],
  ['web-*!web-10', { Steps: [{ Add: { Hosts: ['web-*'] } }, { Remove: { Hosts: ['web-10'] } }] }],
])('--on %s', async (on, target) => {
  const { session, order } = await setup(['a'], [started(['a']), ended('a', OK), over(['a'], { ok: 1 })]);
  await session.run('run', 'true', '--on', on, '--mode', 'rolling=10%');
  expect(order()?.body).toMatchObject({ target, policy: { mode: { Rolling: { percent: 10 } } } });
});

test('a file of names is read where the command is given', async () => {
  const { session, order } = await setup(['a'], [started(['a']), ended('a', OK), over(['a'], { ok: 1 })]);
  const file = join(session.homeDir, 'hosts.txt');
  await writeFile(file, '# ours\nweb-1\ndb-[1-2]\n');
  await session.run('run', 'true', '--on', `@file:${file}`);
  expect(order()?.body).toMatchObject({ target: { Hosts: ['web-1', 'db-1', 'db-2'] } });
  expect((await session.run('run', 'true', '--on', '@file:/nonexistent/x')).exitCode).toBe(2);
});

test('a run is given once more where it failed', async () => {
  const events = [started(['a']), ended('a', OK), over(['a'], { ok: 1 })];
  const { session, server } = await setup(
    ['a'],
    events,
    {},
    {
      [`GET /v1/edge/fleet/runs/${RUN}`]: { json: { policy: { mode: 'Parallel' }, per_node: [] } },
      [`POST /v1/edge/fleet/runs/${RUN}/rerun`]: (response) => {
        eventStream(response, events);
        response.end();
      },
    },
  );
  const { exitCode, stderr } = await session.run('runs', 'rerun', RUN, '--failed');
  expect(exitCode).toBe(0);
  expect(stderr).toContain('1 ok, of 1');
  expect(server.requests.find(({ method }) => method === 'POST')?.body).toEqual({ only: 'failed' });
});

test('a script comes from a file or from standard input', async () => {
  const { session, server } = await setup(['a'], [started(['a']), ended('a', OK), over(['a'], { ok: 1 })], {
    stdin: 'from stdin',
  });
  const file = join(session.homeDir, 'deploy.sh');
  await writeFile(file, 'set -e\ndeploy\n');
  await session.run('run', '--file', file, '--on', 'all');
  await session.run('run', '-', '--on', 'all');
  const scripts = server.requests
    .filter((one) => one.url.endsWith('invoke'))
    .map(({ body }) => (body as { args: unknown }).args);
  expect(scripts).toEqual([{ script: 'set -e\ndeploy\n' }, { script: 'from stdin' }]);
});

test.each([
  [['run', '--on', 'all'], 'say one thing to run'],
  [['run', 'a', '--tool', 'x', '--on', 'all'], 'say one thing to run'],
  [['run', 'a', 'b', '--on', 'all'], "Quote it ('a b')"],
  [['run', 'a', '--on', 'os'], 'a value has to follow'],
  [['run', 'a'], "required option '--on <target>'"],
  [['run', 'a', '--on', 'all', '--mode', 'rolling'], 'rolling=N for waves'],
  [['run', '--file', '/nonexistent/x', '--on', 'all'], 'cannot read the script'],
])('%j is not sent', async (argv, problem) => {
  const { session, server } = await setup([], []);
  const { exitCode, stderr, stdout } = await session.run(...argv);
  expect(stderr).toContain(problem);
  expect(stdout).toBe('');
  expect(exitCode).toBe(problem.startsWith('cannot') ? 1 : 2);
  expect(server.requests).toEqual([]);
});

test('waves are announced as they begin, and a halt tells the breakdown', async () => {
  const names = ['a', 'b', 'c', 'd'];
  const { session } = await setup(names, [
    started(names, [AWAY]),
    ended('a', OK),
    ended('b', OK),
    ended('c', ERR),
    ended('d', { cancelled: { reason: 'halted' } }),
    { event: 'error', data: { reason: 'Halted', message: '1 failed' } },
    over(names, { ok: 2, err: 1, cancelled: 1 }, [AWAY]),
  ]);
  const { exitCode, stderr } = await session.run(
    'run',
    'deploy',
    '--on',
    'all',
    '--mode',
    'rolling=2',
    '--on-error',
    'stop-after=1',
  );
  expect(exitCode).toBe(6);
  expect(stderr.split('\n')).toEqual([
    `run ${RUN}: 4 nodes, in waves of 2, stops after the first failure, no deadline`,
    `1 skipped: ${AWAY.node_id} (Disconnected)`,
    '── wave 1 of 2: starting 2 of 4 (a b)',
    '[a] ok (exit=0, 1.2s)',
    '[b] ok (exit=0, 1.2s)',
    '── wave 2 of 2: starting 2 of 4 (c d)',
    '[c] failed (exit=3, 0.4s)',
    '[d] cancelled: halted',
    'halted after 1 failed: 1 failed',
    expect.stringMatching(/ halted: 2 ok, 1 failed, 1 cancelled, of 4 in .*, 1 skipped$/),
    '',
  ]);
});

test('--fold tells identical output once, and failures', async () => {
  const { session, server, order } = await setup(
    ['a', 'b', 'c'],
    [
      started(['a', 'b', 'c']),
      ended('a', OK),
      ended('b', OK),
      ended('c', REFUSED),
      over(['a', 'b', 'c'], { ok: 2, err: 1 }),
    ],
    {},
    byGroup(
      [
        ['6.1', ['a', 'b']],
        ['broken', ['c']],
      ],
      [said('a', { stdout: '6.1\n' }), said('c', { stderr: 'broken\n' }), ended('a', OK), ended('c', REFUSED)],
    ),
  );
  const { exitCode, stdout, stderr } = await session.run('run', 'uname -r', '--on', 'all', '--fold');
  expect(exitCode).toBe(1);
  expect(stdout).toBe('---------------\na b (2)\n---------------\n6.1\n---------------\nc\n---------------\nbroken\n');
  expect(stderr).toContain('[c] failed: policy_refused: this host allows no scripts\n');
  expect(stderr).not.toContain('[a] ok');
  expect(order()?.url).toBe('/v1/edge/fleet/invoke?output=none');
  expect(server.seen).toContain(`GET /v1/edge/fleet/runs/${RUN}/events?node=${idOf('a')}&node=${idOf('c')}`);
});

test('--fold listens to every node where its caller may give orders and not read them', async () => {
  const { session, order } = await setup(
    ['a', 'b'],
    [
      started(['a', 'b']),
      said('a', { stdout: '6.1\n' }),
      said('b', { stdout: '6.1\n' }),
      ended('a', OK),
      ended('b', OK),
      over(['a', 'b'], { ok: 2 }),
    ],
    {},
    { 'GET /v1/edge/fleet/runs': { status: 403, json: { code: 'forbidden', detail: 'no' } } },
  );
  const { exitCode, stdout } = await session.run('run', 'uname -r', '--on', 'all', '--fold');
  expect([exitCode, stdout]).toEqual([0, '---------------\na b (2)\n---------------\n6.1\n']);
  expect(order()?.url).toBe('/v1/edge/fleet/invoke');
});

test('--quiet leaves output and failures', async () => {
  const { session } = await setup(
    ['a'],
    [started(['a']), said('a', { stdout: 'x\n' }), ended('a', OK), over(['a'], { ok: 1 })],
  );
  expect(await session.run('run', 'x', '--on', 'all', '-q')).toEqual({ exitCode: 0, stdout: '[a] x\n', stderr: '' });
});

test('what a host prints cannot steer the terminal of a person', async () => {
  const { session } = await setup(
    ['a'],
    [started(['a']), said('a', { stdout: '\u001b[2J\u001b]0;x\u0007\n' }), ended('a', OK), over(['a'], { ok: 1 })],
    { isTerminal: true },
  );
  expect((await session.run('run', 'x', '--on', 'all')).stdout).toBe('[a] ^[[2J^[]0;x^G\n');
});

test('--output json is one document with everything', async () => {
  const { session } = await setup(
    ['a', 'b'],
    [
      started(['a', 'b'], [AWAY]),
      said('a', { stdout: 'x' }),
      said('a', { stderr: 'y' }),
      said('a', { stdout: 'z\n' }),
      ended('a', ERR),
      { event: 'error', data: { reason: 'Halted' } },
      over(['a', 'b'], { err: 1, not_started: 1 }, [AWAY]),
    ],
  );
  const { exitCode, stdout, stderr } = await session.run('run', 'x', '--on', 'all', '--output', 'json');
  expect(exitCode).toBe(6);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    fleet_command_id: RUN,
    outcome: 'halted',
    errors: [{ reason: 'Halted' }],
    summary: { ok: 0, err: 1, timed_out: 0, cancelled: 0, not_started: 1 },
    targets_skipped: [AWAY],
    nodes: [
      { node_id: idOf('a'), name: 'a', outcome: 'err', ...ERR.err, stdout: 'xz\n', stderr: 'y' },
      { node_id: idOf('b'), name: 'b', outcome: 'not_started', stdout: '', stderr: '' },
    ],
  });
});

test('--events is a line of JSON for each event', async () => {
  const events = [started(['a']), ended('a', OK), over(['a'], { ok: 1 })];
  const { session } = await setup(['a'], events);
  const { stdout } = await session.run('run', 'x', '--on', 'all', '--events');
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(events.map((event, at) => ({ ...event, id: String(at) })));
});

test.each([
  ['EdgeUnavailable', 5, 'offline or unknown'],
  ['RequireMinNotSatisfied', 9, 'fewer nodes match than required'],
])('%s ends with %i', async (reason, code, words) => {
  const { session } = await setup([], [started([]), { event: 'error', data: { reason } }]);
  const { exitCode, stderr } = await session.run('run', 'x', '--on', 'all', '--require-min', '5');
  expect(exitCode).toBe(code);
  expect(stderr).toContain(words);
});

test('a floor that is not met tells who does match', async () => {
  const events = [
    started(['a', 'b']),
    { event: 'error', data: { reason: 'RequireMinNotSatisfied' } },
    over(['a', 'b'], { not_started: 2 }),
  ];
  const { session } = await setup(['a', 'b'], events);
  const { exitCode, stderr } = await session.run('run', 'x', '--on', 'all', '--require-min', '5');
  expect(exitCode).toBe(9);
  expect(stderr).toContain('these match: a b');
});

test('a selector that matches nobody says so and ends with 5', async () => {
  const { session } = await setup([], [started([]), over([], {})]);
  const { exitCode, stderr } = await session.run('run', 'x', '--on', 'tags=none');
  expect(exitCode).toBe(5);
  expect(stderr).toContain('no connected node matches');
});

test('nodes and groups go by their names', async () => {
  const host = { ...member('a'), tags: [], capabilities: { labels: {}, local_tools: [] } };
  const group = { id: 'g-00000000-0000-7000-8000-0000000000aa', name: 'our databases' };
  const { session, server } = await setup(
    ['a'],
    [started(['a']), ended('a', OK), over(['a'], { ok: 1 })],
    {},
    {
      'GET /v1/edge/hosts': {
        json: {
          items: [{ ...host, name: 'other' }, host, { ...host, node_id: idOf('b'), status: 'Revoked' }],
          next_cursor: null,
        },
      },
      'GET /v1/edge/groups': { json: { items: [group] } },
    },
  );
  await session.run('run', 'x', '--on', '@a');
  await session.run('run', 'x', '--on', 'group:"our databases"');
  await session.run('run', 'x', '--on', `@${idOf('q')}`);
  const targets = server.requests
    .filter((one) => one.url.endsWith('invoke'))
    .map(({ body }) => (body as { target: unknown }).target);
  expect(targets).toEqual([{ Node: idOf('a') }, { Group: group.id }, { Node: idOf('q') }]);
  const nobody = await session.run('run', 'x', '--on', '@nobody');
  expect(nobody).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('there is no node called nobody') });
});

test('the first Ctrl-C cancels the run and its end is still told', async () => {
  let answer: (() => void) | undefined;
  const { session, server } = await setup(
    ['a'],
    (response, _) => {
      eventStream(response, [started(['a'])]);
      session.interrupt();
      answer = () => {
        eventStream(response, [ended('a', { cancelled: { reason: 'cancelled' } }), over(['a'], { cancelled: 1 })]);
        response.end();
      };
    },
    {},
    {
      [`POST /v1/edge/fleet/${RUN}/cancel`]: (response, _) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"cancelled":1}');
        answer?.();
      },
    },
  );
  const { exitCode, stderr } = await session.run('run', 'sleep 600', '--on', 'all');
  expect(exitCode).toBe(7);
  expect(server.seen).toContain(`POST /v1/edge/fleet/${RUN}/cancel`);
  expect(stderr).toContain('cancelling … (Ctrl-C again leaves)');
  expect(stderr).toContain('[a] cancelled: cancelled');
});

test('the second Ctrl-C leaves a run that does not end', async () => {
  const { session } = await setup(
    ['a'],
    (response, _) => eventStream(response, [started(['a'])]),
    {},
    {
      [`POST /v1/edge/fleet/${RUN}/cancel`]: (response, _) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
        session.interrupt();
      },
    },
  );
  const running = session.run('run', 'sleep 600', '--on', 'all');
  await expect.poll(() => session.printed.stderr).toContain('1 node');
  session.interrupt();
  const { exitCode, stderr } = await running;
  expect(exitCode).toBe(7);
  expect(stderr).toContain(`left; garrison runs show ${RUN} tells how it ended`);
});

test('--detach prints the id and leaves the run to itself', async () => {
  const { session, server } = await setup(['a'], (response, _) => eventStream(response, [started(['a'])]));
  expect(await session.run('run', 'x', '--on', 'all', '--detach')).toMatchObject({ exitCode: 0, stdout: `${RUN}\n` });
  expect(server.seen).not.toContain(`POST /v1/edge/fleet/${RUN}/cancel`);
});

test('a run can be told without the right to look up names', async () => {
  const { session } = await setup(
    ['a'],
    [started(['a']), said('a', { stdout: 'x\n' }), ended('a', OK), over(['a'], { ok: 1 })],
    {},
    {
      'POST /v1/edge/fleet/preview': { status: 403, json: {} },
    },
  );
  expect((await session.run('run', 'x', '--on', 'all')).stdout).toBe(`[${idOf('a')}] x\n`);
});

test('a connection that breaks is taken up again, and the person is told', async () => {
  const { session } = await setup(
    ['a'],
    (response, _) => {
      eventStream(response, [started(['a']), said('a', { stdout: 'one\n' })]);
      response.write(':', () => response.destroy());
    },
    {},
    {
      [`GET /v1/edge/fleet/runs/${RUN}/events`]: (response, request) => {
        expect(request.headers['last-event-id']).toBe('1');
        eventStream(response, [said('a', { stdout: 'two\n' }), ended('a', OK), over(['a'], { ok: 1 })]);
        response.end();
      },
    },
  );
  const { exitCode, stdout, stderr } = await session.run('run', 'x', '--on', 'all');
  expect([exitCode, stdout]).toEqual([0, '[a] one\n[a] two\n']);
  expect(stderr).toContain('connection lost');
});

const PREVIEWED = {
  pin: 'pin_abc',
  expires_at: '2026-01-01T00:10:00Z',
  tool: 'script.run',
  command: 'uptime',
  target_count: 1,
  targets: [member('a')],
  skipped_count: 1,
  skipped: [{ ...AWAY, name: 'z' }],
  is_below_floor: false,
  approval: null,
  last_failures: [],
  also_running: [],
};

test('a preview runs nothing and prints who would run and the pin', async () => {
  const { session, server, order } = await setup(['a'], [], {}, { 'POST /v1/previews': { json: PREVIEWED } });
  const { exitCode, stdout } = await session.run('run', 'uptime', '--on', 'all', '--preview');
  expect([exitCode, order()]).toEqual([0, undefined]);
  expect(stdout.split('\n')).toEqual([
    'uptime',
    'on 1 nodes: a',
    'skipped z: Disconnected',
    'pin pin_abc',
    'until 2026-01-01T00:10:00Z: garrison run --pin PIN',
    '',
  ]);
  expect(server.requests.find(({ url }) => url === '/v1/previews')?.body).toMatchObject({
    on: { All: null },
    tool: 'script.run',
    args: { script: 'uptime' },
    policy: { mode: 'Parallel' },
  });
});

test('a preview takes a targeting of Edge Admin, and nothing else does', async () => {
  const { session, server } = await setup(['a'], [], {}, { 'POST /v1/previews': { json: PREVIEWED } });
  const targeting = { type: 'clusters', cluster_names: ['eu'] };
  const said = ['run', 'uptime', '--targeting', JSON.stringify(targeting)];
  expect((await session.run(...said, '--preview')).exitCode).toBe(0);
  expect(server.requests.find(({ url }) => url === '/v1/previews')?.body).toMatchObject({
    on: { Targeting: targeting },
  });
  expect((await session.run(...said)).exitCode).toBe(2);
  expect((await session.run(...said, '--preview', '--on', 'all')).exitCode).toBe(2);
});

test('a pin runs what was previewed and is watched; where others are meant by now it shows them', async () => {
  const events = [started(['a']), said('a', { stdout: 'up\n' }), ended('a', OK), over(['a'], { ok: 1 })];
  const { session } = await setup(
    ['a'],
    [],
    {},
    {
      'POST /v1/runs': { status: 201, json: { fleet_command_id: RUN, target_count: 1, is_repeated: false } },
      [`GET /v1/edge/fleet/runs/${RUN}/events`]: (response: Parameters<typeof eventStream>[0]) => {
        eventStream(response, events);
        response.end();
      },
    },
  );
  const { exitCode, stdout } = await session.run('run', '--pin', 'pin_abc');
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('up\n')]);

  const changed = { code: 'target_changed', detail: '1 hosts came (b)', preview: { ...PREVIEWED, pin: 'pin_new' } };
  const other = await setup(['a'], [], {}, { 'POST /v1/runs': { status: 409, json: changed } });
  const refused = await other.session.run('run', '--pin', 'pin_abc');
  expect(refused.exitCode).toBe(4);
  expect(refused.stderr).toContain('1 hosts came (b)');
  expect(refused.stdout).toContain('pin pin_new');
  expect((await session.run('run', 'uptime', '--pin', 'pin_abc')).exitCode).toBe(2);
});

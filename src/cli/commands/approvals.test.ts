import { afterEach, expect, test } from 'vitest';
import { cliSession } from '#test/support/cli-session.ts';
import { fakeController } from '#test/support/fake-controller.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

const ASKED = {
  id: '0199a3f4-0000-7000-8000-000000000001',
  kind: 'run',
  about: '0199a3f4-0000-7000-8000-000000000002',
  state: 'waiting',
  approver: 'other',
  needs_reason: false,
  what: 'reboot',
  target_count: 2,
  targets: ['a', 'b'],
  summary: { command: 'reboot' },
  asked_by: { id: 'k', name: 'ci', person: 'p' },
  asked_at: '2026-01-01T00:00:00Z',
  expires_at: '2026-01-01T01:00:00Z',
  decided_by: null,
  decided_at: null,
  reason: null,
};

async function setup(routes: Parameters<typeof fakeController>[0]) {
  const server = await fakeController(routes);
  const env = { GARRISON_API: server.url, GARRISON_TOKEN: 't', GARRISON_KEY: 'k' };
  const session = await cliSession({ env });
  open.push(server, session);
  return { server, session };
}

test('what waits is listed, shown and decided about', async () => {
  const at = `/v1/approvals/${ASKED.id}`;
  const decided = { ...ASKED, state: 'approved', decided_by: { id: 's', name: 'second' } };
  const { server, session } = await setup({
    'GET /v1/approvals': { json: { items: [ASKED], next_cursor: null } },
    [`GET ${at}`]: { json: ASKED },
    [`POST ${at}/approve`]: { json: decided },
  });
  expect((await session.run('approvals', 'ls')).stdout).toContain('reboot');
  const shown = (await session.run('approvals', 'show', ASKED.id)).stdout;
  expect(shown).toContain('another person');
  expect(shown).toContain('2 nodes: a b');
  const answer = await session.run('approvals', 'approve', ASKED.id, '--reason', 'planned');
  expect(answer.stdout).toBe('approved: reboot\n');
  expect(server.requests.at(-1)?.body).toEqual({ reason: 'planned' });
});

test('a token is made with what binds it', async () => {
  const { server, session } = await setup({ 'POST /v1/keys': { status: 201, json: { id: 'i', api_key: 'grn_1' } } });
  const line =
    'tokens create --name agent --approval destructive --approver other --max-targets 5 --max-runs-per-hour 3';
  expect((await session.run(...line.split(' '))).exitCode).toBe(0);
  expect(server.requests[0]?.body).toEqual({
    name: 'agent',
    approval: { when: 'destructive', approver: 'other', reason_required: false, expires_seconds: 3_600 },
    budget: { targets_per_run: 5, runs_per_hour: 3 },
  });
  expect((await session.run('tokens', 'create', '--approver', 'other')).exitCode).toBe(2);
});

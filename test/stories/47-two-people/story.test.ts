/** An order is looked at and given by its pin; then a policy wants a second person, and nothing starts without one. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation } from '#test/support/installation.ts';
import { garrison as program } from '#test/support/program.ts';

const run = promisify(execFile);
let site: Installation;
beforeAll(async () => {
  site = await Installation.start({ nodes: 2 });
});
afterAll(() => site?.close());

/** What the program says and ends with; `more` is in its environment. */
async function garrison(args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, GARRISON_PROFILE: `${site.dataDir}/profile.json`, ...more };
  return run(program, args, { env, timeout: 60_000 }).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    (error) => ({ code: Number(error.code), stdout: String(error.stdout), stderr: String(error.stderr) }),
  );
}

async function untilWaiting(kind: string): Promise<string> {
  for (;;) {
    const { stdout } = await garrison(['approvals', 'ls', '--output', 'json']);
    const found = JSON.parse(stdout).find((one: { kind: string }) => one.kind === kind);
    if (found !== undefined) return found.id;
  }
}

test('what was previewed runs once by its pin', async () => {
  const previewed = await garrison(['run', 'echo seen', '--on', 'all', '--preview', '--output', 'json']);
  const { pin, target_count, approval } = JSON.parse(previewed.stdout);
  expect([previewed.code, target_count, approval]).toEqual([0, 2, null]);
  const first = await garrison(['run', '--pin', pin, '--quiet']);
  expect([first.code, first.stdout.split('\n').sort()]).toEqual([0, ['', '[node-01] seen', '[node-02] seen']]);
  const again = await garrison(['run', '--pin', pin, '--detach', '--output', 'json']);
  expect(JSON.parse(again.stdout)).toMatchObject({ is_repeated: true });
  const runs = await Array.fromAsync(site.fleet.runs());
  expect(runs.filter(({ command }) => command === 'echo seen')).toHaveLength(1);
});

test('where a second person is wanted nothing starts without one, by whichever door', async () => {
  const master = { GARRISON_KEY: site.ready.masterKey };
  const orgs = JSON.parse((await garrison(['orgs', 'list', '--output', 'json'], master)).stdout);
  const own = orgs.find(({ slug }: { slug: string }) => slug === 'default').id;
  await garrison(['approvals', 'policy', own, '--approval', 'always', '--approver', 'other'], master);
  const scopes = ['--scope', 'garrison.approvals.decide', '--scope', 'garrison.fleet.read'];
  const made = await garrison(['tokens', 'create', '--name', 'second', ...scopes, '--output', 'json']);
  const second = { GARRISON_TOKEN: JSON.parse(made.stdout).api_key };

  const running = garrison(['run', 'echo approved', '--on', 'node-01', '--quiet']);
  const held = await untilWaiting('run');
  const refused = await garrison(['exec', 'node-02', '--', 'echo', 'hello']);
  expect([refused.code === 0, refused.stderr]).toEqual([false, expect.stringContaining('approve')]);
  const { status, body } = await site.admin<{ data: { id: string; approval: string } }>('POST', '/api/v1/commands', {
    command_text: 'echo command',
    targeting: { type: 'all' },
  });
  expect(status).toBe(201);
  const asked = JSON.parse((await garrison(['approvals', 'ls', '--output', 'json'])).stdout);
  expect(asked.map(({ id }: { id: string }) => id)).toContain(body.data.approval);
  const executions = await site.admin<{ data: { status: string; command_id: string }[] }>(
    'GET',
    '/api/v1/command_executions',
  );
  const ours = executions.body.data.filter((one) => one.command_id === body.data.id);
  expect(ours.map((one) => one.status)).toEqual(['pending', 'pending']);

  expect((await garrison(['approvals', 'approve', held, '--reason', 'looked at'], second)).code).toBe(0);
  const { code, stdout } = await running;
  expect([code, stdout]).toEqual([0, '[node-01] approved\n']);
  const opened = await untilWaiting('tunnel');
  expect((await garrison(['approvals', 'approve', opened], second)).code).toBe(0);
  expect((await garrison(['exec', 'node-02', '--', 'echo', 'hello'])).stdout).toBe('hello\n');
});

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation } from '#test/support/installation.ts';
import { garrison } from '#test/support/program.ts';

let site: Installation;

beforeAll(async () => {
  site = await Installation.start({ nodes: 2 });
});

afterAll(() => site.close());

async function run(...args: string[]) {
  const { api, edgeToken } = site.ready;
  const env = { PATH: process.env.PATH, HOME: site.directory, GARRISON_API: api, GARRISON_TOKEN: edgeToken };
  const options = { env, timeout: 60_000, killSignal: 'SIGKILL' as const };
  return promisify(execFile)(garrison, args, options).then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

const json = async (...args: string[]) => JSON.parse((await run(...args, '-o', 'json')).stdout);

const SCRIPT = 'echo all the same\necho "version $VERSION"\n[ -z "$CODE" ] || exit "$CODE"';

test('what was run, by whom, what it said and what changed since can be asked for afterwards', async () => {
  await run('run', SCRIPT, '--on', 'all', '--env', 'VERSION=1.0.secret');
  const failed = await run('run', SCRIPT, '--on', 'all', '--env', 'VERSION=2.0', '--env', 'CODE=3');
  expect(failed.code).toBe(1);

  const [second, first] = await json('runs', 'list', '--text', 'ALL THE SAME', '--since', '1h');
  expect(second).toMatchObject({
    outcome: 'complete',
    summary: { err: 2 },
    command: SCRIPT,
    command_sha256: createHash('sha256').update(SCRIPT).digest('hex'),
    args: { env: { VERSION: '[redacted]', CODE: '[redacted]' } },
    caller: { name: expect.any(String) },
    duration_ms: expect.any(Number),
  });
  expect(JSON.stringify(first)).not.toContain('1.0.secret');
  expect(await json('runs', 'list', '--outcome', 'failed')).toMatchObject([
    { fleet_command_id: second.fleet_command_id },
  ]);
  expect((await run('runs', 'list')).stdout).toContain('complete, 2 failed');
  expect(await json('runs', 'list', '--caller', second.caller.name)).toHaveLength(2);

  const found = await json('runs', 'search', 'version 2.0');
  expect(found).toMatchObject([
    { fleet_command_id: second.fleet_command_id, count: 1, lines: [{ stream: 'stdout', text: 'version 2.0' }] },
    { fleet_command_id: second.fleet_command_id },
  ]);

  const { code, stdout } = await run('runs', 'diff', first.fleet_command_id, second.fleet_command_id, '--exit-code');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^2 nodes: .* \(ok, then exit 3\)\n/);
  expect(stdout).toContain(' all the same\n-version 1.0.secret\n+version 2.0\n');
});

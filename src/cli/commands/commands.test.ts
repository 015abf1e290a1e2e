import { describe, expect, test } from 'vitest';
import { A, B, execution, hosts, one, page, runCases, setup } from '#test/support/cli-cases.ts';
import type { Routes } from '#test/support/fake-controller.ts';

runCases([
  {
    line: `commands run uptime --on @${A} --on @n-${B} --filter status=healthy --filter self_update_enabled=true --timeout 10s --expires 2027-01-01`,
    routes: { 'POST /api/v1/commands': one({ id: 'c1' }, 201) },
    asks: [
      `POST /api/v1/commands {"command_text":"uptime","targeting":{"type":"nodes","node_ids":["${A}","${B}"],"node_filters":{"status":"healthy","self_update_enabled":true}},"timeout":10000,"expired_at":"2027-01-01T00:00:00.000Z"}`,
    ],
    prints: 'c1\n',
  },
  {
    line: 'commands run uptime --on cluster:a --on cluster:b --cluster-filter node_count__gte=3',
    routes: { 'POST /api/v1/commands': one({ id: 'c1' }, 201) },
    asks: [
      'POST /api/v1/commands {"command_text":"uptime","targeting":{"type":"clusters","cluster_names":["a","b"],"cluster_filters":{"node_count__gte":3}}}',
    ],
    prints: 'c1\n',
  },
]);

describe('commands run --watch', () => {
  function executions(states: readonly (readonly object[])[]): Routes {
    let look = 0;
    return {
      'POST /api/v1/commands': one({ id: 'c1' }, 201),
      'GET /v1/edge/hosts': hosts,
      'GET /api/v1/command_executions': {
        by: ({ url }) => {
          const all = (states[Math.min(look, states.length - 1)] ?? []) as { status: string }[];
          const wanted = new URLSearchParams(url.split('?')[1]).get('status');
          const found = all.filter(({ status }) => wanted === null || wanted === status);
          if (wanted === null) look += 1;
          return page(...found);
        },
      },
    };
  }

  test('tells each machine when it has ended, once, and ends as they did', async () => {
    const waiting = { ...execution, id: 'e2', node_id: B, status: 'sent', output: null, exit_code: null };
    const failed = { ...waiting, status: 'completed', exit_code: 3, output: 'broken\nbadly\n' };
    const { session } = await setup(
      executions([
        [execution, waiting],
        [execution, waiting],
        [execution, failed],
      ]),
    );
    const { exitCode, stdout, stderr } = await session.run('commands', 'run', 'echo hi', '--on', 'all', '--watch');
    expect(stdout).toBe(`[web-1] hi\n[${B}] broken\n[${B}] badly\n`);
    expect(stderr).toBe(`[web-1] completed (exit=0)\n[${B}] failed (exit=3)\ncommand c1: 1 ok, 1 failed\n`);
    expect(exitCode).toBe(1);
  });

  test.each([
    [[{ ...execution, status: 'expired', exit_code: null, output: null }], 8],
    [[{ ...execution, status: 'cancelled', exit_code: 143 }], 7],
    [[], 5],
    [[execution], 0],
  ])('%# ends with its own code', async (states, code) => {
    const { session } = await setup(executions([states]));
    expect((await session.run('commands', 'run', 'x', '--on', 'all', '-w', '-o', 'json')).exitCode).toBe(code);
  });
});

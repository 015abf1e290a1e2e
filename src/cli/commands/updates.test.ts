import { describe, expect, test } from 'vitest';
import { A, AT, B, one, page, setup } from '#test/support/cli-cases.ts';

describe('updates of nodes', () => {
  const update = {
    id: B,
    targeting: { type: 'all' },
    version: '0.2.0',
    waves: {
      ...{ batch: 5, canary_percent: 1, soak_seconds: 600, health_gate: true },
      ...{ stop_after: 1, within_seconds: 86_400 },
    },
    status: 'completed',
    summary: { total: 2, triggered: 2, failed: 0 },
    progress: { waiting: 0, under_way: 0, updated: 1, failed: 1 },
    failures: [{ node_id: A, node_name: 'web-1', code: 'update_rolled_back', message: 'it ended three times' }],
    inserted_at: AT,
    updated_at: AT,
  };
  const at = `/api/v1/self_update_requests/${B}`;

  test('are asked for with their waves, and waited for', async () => {
    const { server, session } = await setup({
      'POST /api/v1/self_update_requests': one({ ...update, status: 'pending', summary: null }, 201),
      [`GET ${at}`]: one(update),
    });
    const line = 'updates create --on all --to 0.2.0 --batch 5 --canary 1 --soak 10m --health-gate --wait';
    const { exitCode, stdout, stderr } = await session.run(...line.split(' '));
    expect(server.requests[0]?.body).toEqual({
      targeting: { type: 'all' },
      version: '0.2.0',
      waves: { batch: 5, canary_percent: 1, soak_seconds: 600, health_gate: true },
    });
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('1 updated, 1 failed')]);
    expect(stdout).toContain('first 1%, then 5 at a time, 600 s between, when healthy, until 1 failed');
    expect(stdout).toMatch(/web-1\tupdate_rolled_back: it ended three times/);
  });

  test('are listed as an array, shown and removed', async () => {
    const { server, session } = await setup({
      'GET /api/v1/self_update_requests': page(update),
      [`GET ${at}`]: one(update),
      [`DELETE ${at}`]: { status: 204 },
    });
    expect(JSON.parse((await session.run('updates', 'ls', '-o', 'json')).stdout)).toEqual([update]);
    expect((await session.run('updates', 'show', B)).stdout).toContain('0.2.0');
    expect((await session.run('updates', 'delete', B)).exitCode).toBe(0);
    expect(server.seen.at(-1)).toBe(`DELETE ${at}`);
  });

  test('waves without a size are refused before anybody is asked', async () => {
    const { server, session } = await setup({});
    const { exitCode, stderr } = await session.run('updates', 'create', '--on', 'all', '--soak', '10m');
    expect([exitCode, stderr, server.seen]).toEqual([2, expect.stringContaining('--batch'), []]);
  });
});

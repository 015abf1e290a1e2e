import { describe, expect, onTestFinished, test } from 'vitest';
import { A, HASH, setup, WHOLE } from '#test/support/cli-cases.ts';
import { cliSession } from '#test/support/cli-session.ts';

describe('what goes wrong', () => {
  test('a refusal is told with its fields, its request, and 1', async () => {
    const { session } = await setup({
      'POST /api/v1/clusters': {
        status: 422,
        json: {
          error: { code: 'validation_failed', message: 'Validation failed', details: { name: ['is reserved'] } },
        },
        headers: { 'x-request-id': 'r-1' },
      },
    });
    const { exitCode, stderr, stdout } = await session.run('clusters', 'create', 'default');
    expect({ exitCode, stderr, stdout }).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'error: Validation failed\n  name: is reserved\n(request r-1)\n',
    });
  });

  test.each([
    [401, 'unauthorized', 'does not know this key'],
    [403, 'insufficient_scope', 'lacks the scope'],
  ])('%i ends with 3 and says what to do', async (status, code, advice) => {
    const { session } = await setup({ 'GET /v1/edge/groups': { status, json: { title: 'No', code } } });
    const { exitCode, stderr } = await session.run('edge', 'group', 'ls');
    expect(exitCode).toBe(3);
    expect(stderr).toContain(advice);
  });

  test('for a program errors are a line of JSON on standard error', async () => {
    const { session } = await setup({});
    const { exitCode, stdout, stderr } = await session.run('edge', 'show', A, '--output', 'json');
    expect([exitCode, stdout]).toEqual([5, '']);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'not_found', message: 'there is no such thing', exit_code: 5 },
    });
  });

  test('a controller that is not there is named, with what to do', async () => {
    const { session, server } = await setup({});
    await server.close();
    const { exitCode, stderr } = await session.run('edge', 'ls');
    expect(exitCode).toBe(10);
    expect(stderr).toContain(`cannot reach the controller at ${server.url}: connection refused`);
    expect(stderr).toContain('garrison up');
  });

  test('without a key nothing is sent', async () => {
    const session = await cliSession();
    onTestFinished(() => session.close());
    const { exitCode, stderr } = await session.run('nodes', 'list');
    expect(exitCode).toBe(3);
    expect(stderr).toContain('--key or GARRISON_KEY');
  });

  test('an audit log that was touched is a failure', async () => {
    const { session } = await setup({
      'GET /v1/audit/verification': { json: { ...WHOLE, is_intact: false, broken_at: 8, reason: 'removed' } },
    });
    const { exitCode, stderr } = await session.run('audit', 'verify');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('row 8 is not there');
    expect(stderr).toContain(`7 rows, up to 7:${HASH}`);
  });

  test.each([
    ['edge group update dbs', 'nothing to change'],
    ['keys update k1', 'nothing to change'],
    ['executions cancel', 'say what to cancel'],
    ['commands run x --on all --on @a', 'all is every node already'],
    ['commands run x --on web(', 'what is web'],
    ['nodes list --on a!', 'a set has to follow'],
    ['keys create --uses 0', 'whole number'],
    ['edge group create x web', 'what is web?'],
  ])('%s is a wrong line', async (line, problem) => {
    const { session, server } = await setup({});
    const { exitCode, stderr } = await session.run(...line.split(' '));
    expect(exitCode).toBe(2);
    expect(stderr).toContain(problem);
    expect(server.requests).toEqual([]);
  });
});

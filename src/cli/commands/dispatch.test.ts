import { describe, expect, test } from 'vitest';
import { AT, lines, runCases, setup } from '#test/support/cli-cases.ts';

const ID = 'dsp_20260101_000000_abc123';
const NEXT = 'dsp_20260101_000000_def456';
const GROUP = '00000000-0000-7000-8000-00000000000c';

const created = {
  dispatchId: NEXT,
  status: 'pending',
  agent: 'claude',
  modelId: 'opus',
  estimatedStartTime: AT,
};

const usage = {
  models: [{ model: 'opus', calls: 1, inputTokens: 10, cachedInputTokens: 2, outputTokens: 3 }],
  modelCalls: 1,
  durationMs: 1_000,
  cpuMs: 1,
};

const dispatch = {
  ...{ dispatchId: ID, status: 'success', agent: 'claude', modelId: 'opus', task: 'Fix it\nplease', progress: 100 },
  ...{ startedAt: AT, endedAt: '2026-01-01T00:00:05Z', createdAt: AT, nodeId: 'n1', repo: 'acme/web', branch: 'main' },
  ...{ errorCode: null, errorMessage: null, exitCode: 0, usage, costUsd: 0.5, tags: {}, attemptGroup: GROUP },
  ...{ judge: 'npm test', judgement: { exitCode: 0, score: 3, output: '3', durationMs: 1 }, resumes: null },
  ...{ budget: null, parked: null },
  transitions: [{ status: 'pending', at: AT, reason: null }],
};

const data = (value: unknown, status = 200) => ({ status, json: { data: value } });
const list = (...items: unknown[]) => data({ items, nextCursor: null, hasMore: false });

const PATCH = lines('diff --git a/a b/a', '--- a/a', '+++ b/a', '@@ -1 +1,2 @@', ' a', '+b');
const artifact = { type: 'output', key: 'changes.patch', url: 'http://elsewhere/artifacts/t/changes.patch' };
const routes = {
  'GET /dispatch': list(dispatch),
  [`GET /artifacts/${ID}`]: data({ artifacts: [{ ...artifact, sizeBytes: PATCH.length, contentType: 'text/x-diff' }] }),
  'GET /artifacts/t/changes.patch': (response: { end(text: string): unknown }) => void response.end(PATCH),
};
const asksForPatch = [`GET /artifacts/${ID}`, 'GET /artifacts/t/changes.patch'];

runCases([
  {
    line: 'dispatch run Fix-it-please --agent claude --attempt codex=gpt --repo acme/web --persistent --budget-tokens 5 --budget-requests 7 --judge true --tag a=b --detach',
    routes: {
      'POST /dispatch': data(
        { ...created, attemptGroup: GROUP, attempts: [created, { ...created, dispatchId: ID, agent: 'codex' }] },
        201,
      ),
    },
    asks: [
      'POST /dispatch {"agent":"claude","repo":"acme/web","workspaceMode":"persistent","budget":{"tokens":5,"requests":7},"judge":"true","tags":{"a":"b"},"attempts":[{"agent":"codex","model":"gpt"}],"task":"Fix-it-please"}',
    ],
    prints: `${NEXT} (claude), ${ID} (codex) wait for machines; garrison dispatch compare ${GROUP} shows how they did\n`,
  },
  {
    line: `dispatch resume ${ID} Now-the-docs --detach`,
    routes: { [`POST /dispatch/${ID}/resume`]: data(created, 201) },
    asks: [`POST /dispatch/${ID}/resume {"task":"Now-the-docs"}`],
    prints: `${NEXT} waits for a machine\n`,
  },
  {
    line: `dispatch resume ${ID} --detach`,
    routes: { [`POST /dispatch/${ID}/resume`]: data(created, 201) },
    asks: [`POST /dispatch/${ID}/resume {}`],
    prints: `${NEXT} waits for a machine\n`,
  },
  {
    line: `dispatch budget ${ID} --add-tokens 500`,
    routes: {
      [`POST /dispatch/${ID}/budget`]: data({
        ...dispatch,
        budget: { maxTokens: 1_000, maxRequests: null, whenSpent: 'ask', addedTokens: 500, addedRequests: 0 },
      }),
    },
    asks: [`POST /dispatch/${ID}/budget {"addTokens":500}`],
    prints: `${ID}: 1500 tokens, then somebody is asked\n`,
  },
  {
    line: `dispatch retry ${ID} --detach`,
    routes: { [`POST /dispatch/${ID}/retry`]: data(created, 201) },
    asks: [`POST /dispatch/${ID}/retry`],
    prints: `${NEXT} waits for a machine\n`,
  },
  {
    line: `dispatch cancel ${ID} --reason late`,
    routes: { [`DELETE /dispatch/${ID}`]: data({ dispatchId: ID, status: 'cancelled', message: '' }) },
    asks: [`DELETE /dispatch/${ID} {"reason":"late"}`],
    prints: `${ID} is cancelled\n`,
  },
  {
    line: 'dispatch list --status success --tag a=b',
    routes,
    asks: ['GET /dispatch?status=success&tag=a=b&limit=100'],
    prints: lines('ID\tSTATUS\tAGENT\tREPO\tCREATED\tTASK', `${ID}\tsuccess\tclaude\tacme/web\t${AT}\tFix it`),
  },
  {
    line: `dispatch show ${ID}`,
    routes: { [`GET /dispatch/${ID}`]: data(dispatch) },
    asks: [`GET /dispatch/${ID}?skipLogs=true`],
    prints: /\ntokens\t15\ncost\t0\.5000 \$\njudge\tgood, 3\n/,
  },
  {
    line: `dispatch compare ${GROUP}`,
    routes,
    asks: [`GET /dispatch?attemptGroup=${GROUP}&limit=100`, ...asksForPatch],
    prints: lines(
      'ID\tAGENT\tMODEL\tSTATUS\tTOOK\tTOKENS\tCOST\tJUDGE\tFILES\tLINES',
      `${ID}\tclaude\topus\tsuccess\t5.0s\t15\t0.5000 $\tgood, 3\t1\t+1 -0`,
    ),
  },
  { line: `dispatch diff ${ID}`, routes, asks: asksForPatch, prints: PATCH },
  {
    line: 'secrets list',
    routes: {
      'GET /v1/secrets': { json: { items: [{ kind: 'model', name: 'claude', created_at: AT, updated_at: AT }] } },
    },
    asks: ['GET /v1/secrets'],
    prints: lines('NAME\tKIND\tSET', `claude\tmodel\t${AT}`),
  },
  {
    line: 'secrets rm --git github.com',
    routes: { 'DELETE /v1/secrets/git/github.com': { status: 204 } },
    asks: ['DELETE /v1/secrets/git/github.com'],
    prints: 'removed github.com\n',
  },
]);

describe('a dispatch that is watched', () => {
  test.each([
    ['success', 0],
    ['failed', 1],
    ['cancelled', 7],
    ['timeout', 8],
  ])('prints its log and ends as it did: %s', async (status, exitCode) => {
    const entry = { timestamp: AT, level: 'info', source: 'agent', message: 'I look around' };
    const record = { ...dispatch, status, errorMessage: 'why', errorCode: 'c' };
    const events = [
      `event: log\nid: 1\ndata: ${JSON.stringify({ logs: [entry] })}\n\n`,
      `event: end\nid: 2\ndata: ${JSON.stringify(record)}\n\n`,
    ];
    const { session } = await setup({
      'POST /dispatch': data(created, 201),
      [`GET /dispatch/${NEXT}/logs`]: (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(events.join(''));
      },
    });
    const ended = await session.run('dispatch', 'run', 'Fix it, please', '--agent', 'claude');
    expect(ended.stdout).toContain('00:00:00 agent I look around\n');
    expect(ended.stderr).toContain(`${ID} ended ${status} after 5`);
    expect(ended.exitCode).toBe(exitCode);
  });
});

describe('the value of a secret', () => {
  test('comes from standard input, and is not printed', async () => {
    const secret = { kind: 'model', name: 'claude', created_at: AT, updated_at: AT };
    const { server, session } = await setup({ 'PUT /v1/secrets/model/claude': { json: secret } }, { stdin: 'sk-1\n' });
    const ended = await session.run('secrets', 'set', '--model', 'claude');
    expect(ended).toMatchObject({ exitCode: 0, stdout: 'claude is set\n' });
    expect(ended.stdout + ended.stderr).not.toContain('sk-1');
    expect(server.requests.map(({ body }) => body)).toEqual([{ value: 'sk-1' }]);
  });

  test.each([
    [['set', 'NAME'], '', 'no value came'],
    [['set', '--model', '--git', 'NAME'], 'x', 'of one kind'],
  ])('is asked for where it is missing: %j', async (args, stdin, said) => {
    const { server, session } = await setup({}, { stdin });
    const ended = await session.run('secrets', ...args);
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toContain(said);
    expect(server.requests).toEqual([]);
  });
});

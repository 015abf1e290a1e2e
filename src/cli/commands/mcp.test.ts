import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliSession, cliSession } from '#test/support/cli-session.ts';

let session: CliSession;
beforeAll(async () => {
  session = await cliSession({ env: { GARRISON_API: 'http://controller.example:7070', GARRISON_TOKEN: 'grn_abc' } });
});
afterAll(() => session.close());

const URL = 'http://controller.example:7070/mcp';
const Authorization = 'Bearer grn_abc';

/** What each client reads: `[under, by the bridge, by address]`. */
const JSON_CLIENTS: Record<string, readonly [string, object, object]> = {
  'claude-desktop': ['mcpServers', { command: 'garrison', args: ['mcp'] }, { url: URL, headers: { Authorization } }],
  cursor: ['mcpServers', { command: 'garrison', args: ['mcp'] }, { url: URL, headers: { Authorization } }],
  gemini: ['mcpServers', { command: 'garrison', args: ['mcp'] }, { httpUrl: URL, headers: { Authorization } }],
  vscode: [
    'servers',
    { type: 'stdio', command: 'garrison', args: ['mcp'] },
    { type: 'http', url: URL, headers: { Authorization } },
  ],
  windsurf: ['mcpServers', { command: 'garrison', args: ['mcp'] }, { serverUrl: URL, headers: { Authorization } }],
  zed: ['context_servers', { command: 'garrison', args: ['mcp'] }, { url: URL, headers: { Authorization } }],
};

describe.each(Object.entries(JSON_CLIENTS))('garrison mcp config %s', (client, [under, bridge, address]) => {
  test.each([
    ['by the bridge', [], bridge],
    ['by address', ['--http'], address],
  ])('is a piece of its configuration, %s', async (_, flags, expected) => {
    const { exitCode, stdout, stderr } = await session.run('mcp', 'config', client, ...flags);
    expect([exitCode, JSON.parse(stdout)]).toEqual([0, { [under]: { garrison: expected } }]);
    expect(stderr).toContain('Belongs into');
  });
});

test.each([
  ['claude-code', [], 'claude mcp add garrison -- garrison mcp\n'],
  [
    'claude-code',
    ['--http'],
    `claude mcp add --transport http garrison ${URL} --header "Authorization: ${Authorization}"\n`,
  ],
  ['codex', [], '[mcp_servers.garrison]\ncommand = "garrison"\nargs = ["mcp"]\n'],
  [
    'codex',
    ['--http'],
    `[mcp_servers.garrison]\nurl = "${URL}"\nhttp_headers = { Authorization = "${Authorization}" }\n`,
  ],
])('garrison mcp config %s %j', async (client, flags, printed) => {
  expect(await session.run('mcp', 'config', client, ...flags)).toMatchObject({ exitCode: 0, stdout: printed });
});

test('a client that nobody knows is a mistake of usage, and --http without a token says so', async () => {
  expect((await session.run('mcp', 'config', 'emacs')).exitCode).toBe(2);
  const nobody = await cliSession({ env: { GARRISON_API: 'http://controller.example:7070' } });
  const { exitCode, stderr } = await nobody.run('mcp', 'config', 'cursor', '--http');
  await nobody.close();
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining('no token for /mcp')]);
});

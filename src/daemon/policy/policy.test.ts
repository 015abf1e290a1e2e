import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { TOOL_NAMES, type ToolName } from '#protocol/tools/tools.ts';
import { refusalOfTool } from './decide.ts';
import { openPolicy, type Policy } from './policy.ts';
import { readPolicy } from './read-policy.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

const allowsTool = (policy: Policy, tool: ToolName) => refusalOfTool(policy, tool) === undefined;

function fileWith(content: string, mode = 0o644): string {
  const directory = mkdtempSync(join(tmpdir(), 'garrison-policy-'));
  directories.push(directory);
  writeFileSync(join(directory, 'policy.yaml'), content);
  chmodSync(join(directory, 'policy.yaml'), mode);
  return join(directory, 'policy.yaml');
}

describe('the policy file', () => {
  test('allows everything where there is none', async () => {
    const policy = await readPolicy('/no/such/policy.yaml', false);
    expect(TOOL_NAMES.every((tool) => allowsTool(policy, tool))).toBe(true);
  });

  test('that was named must be there', async () => {
    await expect(readPolicy('/no/such/policy.yaml', true)).rejects.toThrow(/cannot be used: ENOENT/);
  });

  test('says what is allowed, what is not, and who has the last word', async () => {
    const policy = await readPolicy(
      fileWith(`
        allow: [cmd.run, "service.*", host.facts]
        deny: [service.stop]
        run_as: deploy
        allowed_users: [deploy]
        allowed_commands: [/usr/bin/uptime]
        allowed_variables: [LANG]
        allowed_roots: [/srv]
      `),
      true,
    );
    expect(TOOL_NAMES.filter((tool) => allowsTool(policy, tool))).toEqual([
      'cmd.run',
      'host.facts',
      'service.status',
      'service.start',
      'service.restart',
      'service.reload',
    ]);
    expect(policy).toMatchObject({
      runAs: 'deploy',
      allowedUsers: ['deploy'],
      allowedCommands: ['/usr/bin/uptime'],
      allowedVariables: ['LANG'],
      allowedRoots: ['/srv'],
    });
  });

  test('may be empty', async () => {
    expect(await readPolicy(fileWith('# nothing\n'), true)).toEqual(openPolicy);
  });

  test.each([0o664, 0o646, 0o666])('that others may write (mode %o) keeps the daemon from starting', async (mode) => {
    await expect(readPolicy(fileWith('allow: []', mode), true)).rejects.toThrow(
      /users other than its owner may write it/,
    );
  });

  test('that cannot be used is never a reason to go without', async () => {
    await expect(readPolicy(fileWith('allow: ['), true)).rejects.toThrow(/does not start until it can be used/);
    await expect(readPolicy(fileWith('allow: ['), true)).rejects.not.toThrow(/allow everything/);
  });

  test.each([
    ['a list', '- allow', /it is no mapping/],
    ['a key that is misspelt', 'denied: [cmd.run]', /unknown keys \(denied\)/],
    ['a tool that is misspelt', 'deny: [cmd.rum]', /there is no tool cmd\.rum/],
    ['a pattern that fits nothing', 'deny: ["cmds.*"]', /there is no tool cmds\.\*/],
    ['a text in place of a list', 'deny: cmd.run', /deny has to be a list of texts/],
    ['a number for a user', 'run_as: 1000', /run_as has to be the name of a user/],
    ['a relative root', 'allowed_roots: [srv]', /not an absolute path/],
    ['no YAML', 'allow: [', /cannot be used/],
  ])('with %s keeps the daemon from starting', async (_what, content, message) => {
    await expect(readPolicy(fileWith(content), false)).rejects.toThrow(message);
  });
});

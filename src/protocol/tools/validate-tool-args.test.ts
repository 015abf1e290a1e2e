import { describe, expect, test } from 'vitest';
import { readCommandLine } from './cmd-run.ts';
import { TOOL_NAMES, TOOLS, type ToolName } from './tools.ts';
import { validateToolArgs } from './validate-tool-args.ts';

describe('the tool registry', () => {
  test('names every tool the way it is keyed, with a closed schema and a summary', () => {
    for (const name of TOOL_NAMES) {
      expect(TOOLS[name].name).toBe(name);
      expect(TOOLS[name].argsSchema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(TOOLS[name].summary).toMatch(/^[A-Z].*\.$/);
    }
  });

  test('says of every argument whether it may be kept and shown', () => {
    for (const name of TOOL_NAMES) {
      const { properties } = TOOLS[name].argsSchema as { properties: object };
      expect(Object.keys(TOOLS[name].privacy).sort()).toEqual(Object.keys(properties).sort());
    }
    const secrets = TOOL_NAMES.flatMap((name) =>
      Object.entries(TOOLS[name].privacy).flatMap(([argument, is]) => (is === 'secret' ? [`${name} ${argument}`] : [])),
    );
    expect(secrets).toEqual([
      'cmd.run env',
      'cmd.run stdin',
      'script.run env',
      'script.run stdin',
      'fs.write content',
      'fs.put ticket',
      'agent.run definition',
      'agent.run sealed',
    ]);
  });

  test('calls exactly the tools read-only that change nothing', () => {
    expect(TOOL_NAMES.filter((name) => TOOLS[name].isReadOnly)).toEqual([
      'host.facts',
      'service.status',
      'fs.read',
      'fs.list',
      'fs.stat',
      'fs.get',
      'agent.doctor',
    ]);
  });
});

describe('validateToolArgs', () => {
  const good: [string, ToolName, unknown][] = [
    ['a command with its arguments', 'cmd.run', { command: 'sh', args: ['-c', 'echo hi'] }],
    ['a command alone', 'cmd.run', { command: 'uptime' }],
    ['one list', 'cmd.run', { argv: ['sh', '-c', 'true'] }],
    [
      'everything cmd.run takes',
      'cmd.run',
      { command: 'cat', args: ['-'], cwd: '/tmp', env: { A: '1' }, stdin: 'in', user: 'www-data', timeout_secs: 0.5 },
    ],
    ['a script of several lines', 'script.run', { script: 'set -e\necho one\necho two\n' }],
    ['no arguments', 'host.facts', {}],
    ['a template unit', 'service.restart', { name: 'getty@tty1.service' }],
    ['a part of a file', 'fs.read', { path: '/etc/hosts', offset: 3, length: 10 }],
    ['a file with its mode', 'fs.write', { path: '/srv/x', content: 'aGk=', encoding: 'base64', mode: '0600' }],
    [
      'a task with quotes, newlines and leading dashes',
      'agent.run',
      { dispatch_id: 'dsp_20260113_143052_abc123', agent: 'claude', task: '--help "me"\n\u0000 $(id)' },
    ],
    [
      'everything that goes with a task',
      'agent.run',
      {
        ...{
          dispatch_id: 'd1',
          agent: 'own',
          task: 'x',
          context: 'full',
          model: 'm',
          timeout_secs: 600,
          idle_secs: 60,
        },
        definition: { command: ['/usr/bin/own', '{model}'], prompt: 'file', env: { A: '1' }, protocol: 'text' },
        repository: { base_url: 'https://git.example/', name: 'own.er/re-po', branch: 'feature/ä', depth: 0 },
        workspace: { mode: 'persistent', id: '550e8400-e29b-41d4-a716-446655440000' },
        ...{ sealed: 'AQ==', budget: { tokens: 1000, requests: 5 }, archive: true },
        limits: { memory_mb: 512, processes: 64, cpus: 1.5, disk_mb: 1024, file_mb: 100 },
        network: { mode: 'allow-list', hosts: ['github.com', '*.npmjs.org', 'git.internal:8443'] },
      },
    ],
  ];
  test.each(good)('takes %s', (_what, tool, args) => {
    expect(validateToolArgs(tool, args)).toEqual({ ok: true, args });
  });

  const anAgent = { dispatch_id: 'd', agent: 'a', task: 't' };
  const oneWay = 'needs either "command" (with "args" where there are any) or "argv", and not both';
  const bad: [string, ToolName, unknown, string, string][] = [
    ['nothing to run', 'cmd.run', {}, '', oneWay],
    ['both spellings', 'cmd.run', { command: 'a', argv: ['a'] }, '', oneWay],
    ['argv with args', 'cmd.run', { argv: ['a'], args: ['b'] }, '', oneWay],
    ['an empty argv', 'cmd.run', { argv: [] }, '/argv', 'Array has too few items (0 < 1)'],
    ['a misspelt argument', 'cmd.run', { command: 'a', cmd: 'b' }, '/cmd', 'is not an argument of this tool'],
    ['NUL in an argument', 'cmd.run', { command: 'a', args: ['b\0'] }, '/args/0', 'is not text without NUL'],
    ['a relative directory', 'cmd.run', { command: 'a', cwd: 'tmp' }, '/cwd', 'is not an absolute path'],
    [
      'a variable name with a dash',
      'cmd.run',
      { command: 'a', env: { 'a-b': '' } },
      '/env/a-b',
      'is not the name of a variable',
    ],
    ['an option in place of a unit', 'service.stop', { name: '--all' }, '/name', 'is not the name of a unit'],
    ['a path that is not absolute', 'fs.read', { path: '../etc' }, '/path', 'is not an absolute path'],
    [
      'a mode in decimal',
      'fs.write',
      { path: '/x', content: '', mode: '99' },
      '/mode',
      'is not three octal digits, after a 0 or not',
    ],
    [
      'an option in place of a branch',
      'agent.run',
      { ...anAgent, repository: { base_url: 'file:///srv', name: 'o/r', branch: '--upload-pack=id' } },
      '/repository/branch',
      'is not the name of a branch',
    ],
    [
      'credentials in an address',
      'agent.run',
      { ...anAgent, repository: { base_url: 'https://me:pw@git.example', name: 'o/r' } },
      '/repository/base_url',
      'is not an https, http, ssh or file URL without credentials',
    ],
    [
      'a repository that leads out',
      'agent.run',
      { ...anAgent, repository: { base_url: 'file:///srv', name: '../../etc' } },
      '/repository/name',
      'is not owner/repo',
    ],
    ['a path for an agent', 'agent.run', { ...anAgent, agent: '../x' }, '/agent', 'is not the name of an agent'],
  ];
  test.each(bad)('refuses %s and says where', (_what, tool, args, path, message) => {
    const validated = validateToolArgs(tool, args);
    expect(validated.ok ? [] : validated.problems).toContainEqual({ path, message });
  });

  test.each([null, 5, 'text', [], undefined])('refuses arguments that are no object: %j', (args) => {
    for (const tool of TOOL_NAMES) expect(validateToolArgs(tool, args).ok).toBe(false);
  });

  test('reads both spellings of a command line', () => {
    expect(readCommandLine({ command: 'sh', args: ['-c', 'x'] })).toEqual(['sh', '-c', 'x']);
    expect(readCommandLine({ argv: ['sh', '-c', 'x'] })).toEqual(['sh', '-c', 'x']);
    expect(readCommandLine({ command: 'true' })).toEqual(['true']);
  });
});

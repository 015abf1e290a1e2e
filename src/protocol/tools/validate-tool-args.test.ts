import { describe, expect, it } from 'vitest';
import { readCommandLine } from './cmd-run.ts';
import { TOOL_NAMES, TOOLS, type ToolName } from './tools.ts';
import { validateToolArgs } from './validate-tool-args.ts';

describe('the tool registry', () => {
  it('names every tool the way it is keyed, with a closed schema and a summary', () => {
    for (const name of TOOL_NAMES) {
      expect(TOOLS[name].name).toBe(name);
      expect(TOOLS[name].argsSchema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(TOOLS[name].summary).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('says of every argument whether it may be kept and shown', () => {
    for (const name of TOOL_NAMES) {
      const { properties } = TOOLS[name].argsSchema as { properties: object };
      expect(Object.keys(TOOLS[name].privacy).sort()).toEqual(Object.keys(properties).sort());
    }
    const secrets = TOOL_NAMES.flatMap((name) =>
      Object.entries(TOOLS[name].privacy).flatMap(([argument, is]) => (is === 'secret' ? [`${name} ${argument}`] : [])),
    );
    expect(secrets).toEqual(['cmd.run env', 'cmd.run stdin', 'script.run env', 'fs.write content']);
  });

  it('calls exactly the tools read-only that change nothing', () => {
    expect(TOOL_NAMES.filter((name) => TOOLS[name].isReadOnly)).toEqual([
      'host.facts',
      'service.status',
      'fs.read',
      'fs.list',
      'fs.stat',
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
  ];
  it.each(good)('takes %s', (_what, tool, args) => {
    expect(validateToolArgs(tool, args)).toEqual({ ok: true, args });
  });

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
  ];
  it.each(bad)('refuses %s and says where', (_what, tool, args, path, message) => {
    const validated = validateToolArgs(tool, args);
    expect(validated.ok ? [] : validated.problems).toContainEqual({ path, message });
  });

  it.each([null, 5, 'text', [], undefined])('refuses arguments that are no object: %j', (args) => {
    for (const tool of TOOL_NAMES) expect(validateToolArgs(tool, args).ok).toBe(false);
  });

  it('reads both spellings of a command line', () => {
    expect(readCommandLine({ command: 'sh', args: ['-c', 'x'] })).toEqual(['sh', '-c', 'x']);
    expect(readCommandLine({ argv: ['sh', '-c', 'x'] })).toEqual(['sh', '-c', 'x']);
    expect(readCommandLine({ command: 'true' })).toEqual(['true']);
  });
});

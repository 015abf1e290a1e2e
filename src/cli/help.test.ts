import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { ownPackage } from '#runtime/own-package.ts';
import { cliSession } from '#test/support/cli-session.ts';
import { COMMANDS } from './catalogue.ts';
import { mount } from './command-spec.ts';
import type { Terminal } from './terminal.ts';

const terminal = { stdout: {}, stderr: {}, env: {} } as unknown as Terminal; // registering looks at none of it

async function everyCommand(): Promise<[path: string, command: Command][]> {
  const program = new Command('garrison');
  for (const entry of COMMANDS) mount(program, (await entry.load()).command, terminal);
  const walk = (command: Command, path: string): [string, Command][] => [
    [path, command],
    ...command.commands.flatMap((child) => walk(child, `${path} ${child.name()}`)),
  ];
  return program.commands.flatMap((command) => walk(command, command.name()));
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

const commands = await everyCommand();

describe('the help teaches', () => {
  test('the names of the catalogue are those of the commands', () => {
    const names = commands.filter(([path]) => !path.includes(' ')).map(([path]) => path);
    expect(names).toEqual(COMMANDS.map((entry) => entry.name));
  });

  test.each(commands)('%s says what it does, with an example of itself', (path, command) => {
    expect(command.description()).toMatch(/^[A-Z].*\.$/s);
    const [, examples = ''] = helpOf(command).split('Examples:\n');
    expect(examples).toContain('$ ');
    expect(examples).toContain(`garrison ${path.split(' ')[0]}`);
  });

  test.each(commands)('%s takes no option away from the program', (_, command) => {
    const ofProgram = ['--api', '--key', '--token', '--org', '--tenant', '--ca', '--profile', '--output'];
    expect(command.options.map((option) => option.long).filter((long) => ofProgram.includes(long ?? ''))).toEqual([]);
  });

  test.each(commands)('every option and argument of %s is explained', (_, command) => {
    for (const option of command.options) expect(option.description).not.toBe('');
    const [, ...rest] = command.registeredArguments;
    for (const argument of [command.registeredArguments[0], ...rest].filter((one) => one !== undefined)) {
      expect(argument.description || argument.variadic).toBeTruthy();
    }
  });
});

describe('the program', () => {
  test('lists every command with its line', async () => {
    const session = await cliSession();
    const { exitCode, stdout } = await session.run('--help');
    await session.close();
    expect(exitCode).toBe(0);
    for (const { name, summary } of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} +${summary}`, 'm'));
  });

  test.each([
    [[], 0, 'stdout', 'Usage: garrison'],
    [['help', 'runs'], 0, 'stdout', 'Usage: garrison runs'],
    [['runs', 'list', '--help'], 0, 'stdout', 'Global Options:'],
    [['--output', 'json', 'runs', 'show', '--help'], 0, 'stdout', 'Usage: garrison runs show'],
    [['--version'], 0, 'stdout', `garrison ${ownPackage.version}\n`],
    [['-V'], 0, 'stdout', `garrison ${ownPackage.version}\n`],
    [['nodse'], 2, 'stderr', 'Did you mean one of node, nodes?'],
    [['nodes', 'lst'], 2, 'stderr', 'Did you mean one of list, ls?'],
    [['nodes'], 2, 'stderr', 'Usage: garrison nodes'],
    [['nodes', 'list', '--limt', '5'], 2, 'stderr', 'Did you mean --limit?'],
    [['nodes', 'list', '--output', 'xml'], 2, 'stderr', 'Allowed choices are table, json, yaml'],
  ] as const)('%j ends with %i', async (argv, exitCode, where, words) => {
    const session = await cliSession();
    const result = await session.run(...argv);
    await session.close();
    expect(result[where]).toContain(words);
    expect(result.exitCode).toBe(exitCode);
  });
});

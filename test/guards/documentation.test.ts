import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMANDS, type CommandEntry } from '#cli/catalogue.ts';
import type { CommandSpec } from '#cli/command-spec.ts';
import { runCli } from '#cli/program.ts';
import type { Terminal } from '#cli/terminal.ts';
import { commandLinesIn } from './command-lines.ts';
import { ROOT } from './source-imports.ts';

const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
  ...readdirSync(join(ROOT, 'deploy'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('deploy', file)),
];

const textOf = (page: string) => readFileSync(join(ROOT, page), 'utf8');

/** The commands as they are, but for doing anything. */
const inert: readonly CommandEntry[] = COMMANDS.map((entry) => ({
  ...entry,
  load: async () => ({ command: disarmed((await entry.load()).command) }),
}));

function disarmed({ commands, ...spec }: CommandSpec): CommandSpec {
  const isRun = spec.run !== undefined || commands === undefined;
  return { ...spec, ...(commands && { commands: commands.map(disarmed) }), ...(isRun && { run: async () => {} }) };
}

/** What the program says of a command line it does not take. */
async function problemOf(argv: readonly string[]): Promise<string> {
  let said = '';
  const write = (text: string) => {
    said += text;
  };
  const screen = { write, rewriteLine: () => {}, isTerminal: false, hasColours: false, columns: 120 };
  const terminal: Terminal = {
    stdout: { ...screen, write: () => {} },
    stderr: screen,
    env: {},
    homeDir: '/',
    now: () => new Date(),
    hasStdin: false,
    readStdin: async () => '',
    onInterrupt: () => () => {},
  };
  const exitCode = await runCli(argv, terminal, inert);
  return exitCode === 0 ? '' : said || `it ended with ${exitCode}`;
}

test('a command line that has a mistake is found', async () => {
  expect(await problemOf(['nodes', 'list', '--colour', 'red'])).toContain("unknown option '--colour'");
  expect(await problemOf(['node', 'jion', 'TOKEN'])).toContain("unknown command 'jion'");
});

describe('the documentation', () => {
  const lines = pages.flatMap((page) => commandLinesIn(textOf(page)).map((line) => ({ page, ...line })));

  test.each(lines)('in $page: $text', async ({ argv }) => {
    expect(await problemOf(argv)).toBe('');
  });

  test.each(pages)('%s names no setting that does not exist', (page) => {
    const known = new Set([...settingsIn(textOf('docs/reference/configuration.md')), ...variablesOfPrograms()]);
    const named = settingsIn(textOf(page)).filter((name) => name !== 'GARRISON_');
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  test.each(pages)('%s leads nowhere that is not there', (page) => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link = '']) => link);
    const missing = links.filter((link) => !existsSync(join(ROOT, dirname(page), link)));
    expect(missing).toEqual([]);
  });
});

function settingsIn(text: string): string[] {
  return [
    ...text.matchAll(/\b(?:GARRISON_[A-Z_]*|(?:DATABASE_URL|MASTER_KEY|API_KEY|ENROLLMENT_KEY|USE_RANDOM_ID)\b)/g),
  ].map(([name]) => name);
}

/** The variables of the daemon and the command line: those their sources read. */
function variablesOfPrograms(): string[] {
  return ['cli', 'daemon'].flatMap((part) =>
    readdirSync(join(ROOT, 'src', part), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .flatMap((file) => settingsIn(readFileSync(join(ROOT, 'src', part, file), 'utf8'))),
  );
}

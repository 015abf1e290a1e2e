import type { Command } from 'commander';
import { ExitWith } from '../../cli-error.ts';
import { addExamples } from '../../help.ts';
import { act, type Invocation } from '../../invocation.ts';
import type { Terminal } from '../../terminal.ts';

interface Word {
  readonly name: string;
  /** The same of `garrison node`. */
  readonly node: string;
  readonly description: string;
  readonly example: readonly [line: string, does: string];
}

const WORDS: readonly Word[] = [
  {
    name: 'enroll',
    node: 'join',
    description: 'Make this machine a host of the fleet, as garrison node join does.',
    example: ['garrison edge enroll eyJhbGciOi…', 'with a token of garrison edge enroll-token'],
  },
  {
    name: 'daemon',
    node: 'run',
    description: 'Run the daemon of this host, as garrison node run does.',
    example: ['garrison edge daemon', 'until Ctrl-C'],
  },
  {
    name: 'status',
    node: 'status',
    description: 'Show how the daemon of this host is, as garrison node status does.',
    example: ['garrison edge status --output json', 'for a health check'],
  },
  {
    name: 'service',
    node: 'service',
    description: 'Install, uninstall or look at the service of this host, as garrison node service does.',
    example: ['garrison edge service install', 'run at every start of the machine'],
  },
];

/** Words of the edge fleet for what a host does with itself: `garrison node` does it, with all of its options. */
export function registerOnThisHost(edge: Command, terminal: Terminal): void {
  for (const { name, node, description, example } of WORDS) {
    const command = edge
      .command(name)
      .description(description)
      .argument('[argument...]', `as garrison node ${node} --help says`)
      .allowUnknownOption()
      .action(
        act(terminal, async (invocation) => {
          throw new ExitWith(await runInstead(invocation, ['edge', name], ['node', node]));
        }),
      );
    addExamples(command, [example]);
  }
}

/** The same command line with other words for the command. */
export async function runInstead(
  { rawArgv, terminal }: Pick<Invocation, 'rawArgv' | 'terminal'>,
  words: readonly string[],
  instead: readonly string[],
) {
  const at = rawArgv.findIndex((_, place) => words.every((word, offset) => rawArgv[place + offset] === word));
  const { runCli } = await import('../../program.ts');
  return runCli([...rawArgv.slice(0, at), ...instead, ...rawArgv.slice(at + words.length)], terminal);
}

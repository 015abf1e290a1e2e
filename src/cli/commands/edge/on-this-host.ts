import { ExitWith } from '../../cli-error.ts';
import { argument, type CommandSpec } from '../../command-spec.ts';
import type { Example } from '../../help.ts';
import type { Invocation } from '../../invocation.ts';

interface Word {
  readonly name: string;
  /** The same of `garrison node`. */
  readonly node: string;
  readonly description: string;
  readonly example: Example;
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
export const onThisHost: readonly CommandSpec[] = WORDS.map(({ name, node, description, example }) => ({
  name,
  description,
  arguments: [argument('[argument...]', `as garrison node ${node} --help says`)],
  takesUnknownOptions: true,
  examples: [example],
  run: async (invocation) => {
    throw new ExitWith(await runInstead(invocation, ['edge', name], ['node', node]));
  },
}));

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

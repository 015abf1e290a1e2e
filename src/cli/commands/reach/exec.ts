import { usageError } from '../../cli-error.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { openTerminal } from './open-terminal.ts';

interface ExecOptions {
  readonly interactive?: boolean;
  readonly tty?: boolean;
  readonly user?: string;
}

export const command: CommandSpec = {
  name: 'exec',
  summary: 'one command on one machine, with its input and output',
  description: 'Run one command on a node and be connected to it. Its exit code is the exit code.',
  arguments: [
    argument('<node>', 'name, id or alias of the node'),
    argument('<command...>', 'a program and its arguments, run as they are'),
  ],
  options: [
    option('-i, --interactive', 'standard input goes along'),
    option('-t, --tty', 'with a terminal'),
    option('-u, --user <user>', 'the user on the node; default whom its policy says'),
  ],
  examples: [
    ['garrison exec web-1 -- uptime', 'its output, and its exit code'],
    ['garrison exec -it web-1 -- bash', 'a shell'],
    ['garrison exec -i db-1 -- psql < schema.sql', 'with input from a file'],
  ],
  run: async (invocation, node: string, words: string[]) => {
    const { interactive = false, tty = false, user } = invocation.opts<ExecOptions>();
    if (words.length === 0) throw usageError('say what to run', 'For example: garrison exec web-1 -- uptime');
    await openTerminal(invocation, { node, command: words, user, wantsTerminal: tty, hasInput: interactive });
  },
};

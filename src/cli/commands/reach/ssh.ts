import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { openTerminal } from './open-terminal.ts';

interface SshOptions {
  readonly login?: string;
  readonly tty?: boolean;
  readonly stdin: boolean;
}

export const command: CommandSpec = {
  name: 'ssh',
  summary: 'a shell on one machine',
  description:
    'Open a shell on a node, or run one command there, over the connection the node has made: no open port, no key to copy. Its exit code is the exit code.',
  arguments: [
    argument('<node>', 'name, id or alias of the node'),
    argument('[command...]', 'a program and its arguments, run as they are; without one, the login shell'),
  ],
  options: [
    option('-l, --login <user>', 'the user on the node; default whom its policy says'),
    option('-t, --tty', 'a terminal for the command too'),
    option('-n, --no-stdin', 'without standard input'),
  ],
  examples: [
    ['garrison ssh web-1', 'a login shell; ~. at the beginning of a line leaves it'],
    ['garrison ssh web-1 -- systemctl status nginx', 'one command, no shell in between'],
    ['garrison ssh web-1 -t -- htop', 'one that wants a terminal'],
    ['tar c src | garrison ssh web-1 -- tar x -C /tmp', 'standard input goes along'],
  ],
  run: async (invocation, node: string, words: string[]) => {
    const { login, tty, stdin } = invocation.opts<SshOptions>();
    await openTerminal(invocation, { node, command: words, user: login, wantsTerminal: tty, hasInput: stdin });
  },
};

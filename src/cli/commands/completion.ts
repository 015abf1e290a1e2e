import { setTimeout as after } from 'node:timers/promises';
import { Argument } from 'commander';
import { argument, type CommandSpec } from '../command-spec.ts';
import type { Invocation } from '../invocation.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];
/** What a completion asks the program for while a person types. */
const NAMES = ['nodes', 'targets'] as const;
type Names = (typeof NAMES)[number];

export const command: CommandSpec = {
  name: 'completion',
  description: 'Print the completion of command lines for a shell.',
  arguments: [
    new Argument('<shell>', 'which shell it is for; or which names fit a word, as the completion itself asks').choices([
      ...SHELLS,
      ...NAMES,
    ]),
    argument('[word]', 'what has been typed so far'),
  ],
  examples: [
    ['garrison completion bash > /etc/bash_completion.d/garrison', 'for everybody on this machine'],
    ['garrison completion zsh > ~/.zsh/completions/_garrison', 'into a directory of your fpath'],
    ['garrison completion fish > ~/.config/fish/completions/garrison.fish', 'for fish'],
  ],
  run: async (invocation, what: Shell | Names, typed = '') => {
    if (isNames(what)) await printNames(invocation, what, typed);
    else invocation.terminal.stdout.write(await completionFor(what));
  },
};

function isNames(what: Shell | Names): what is Names {
  return (NAMES as readonly string[]).includes(what);
}

/** Prints nothing where the controller does not answer at once: a person is typing, and an error would be in the way. */
async function printNames(invocation: Invocation, what: Names, typed: string): Promise<void> {
  const { nodeNames, PATIENCE_MS, targetWords } = await import('../completion/names.ts');
  const asked = invocation.edgeFleet().then((fleet) => (what === 'nodes' ? nodeNames : targetWords)(fleet, typed));
  const words = await Promise.race([asked.catch(() => []), after(PATIENCE_MS, undefined, { ref: false })]);
  if (words === undefined) process.exit(0); // its request is still open, and would keep the process
  invocation.terminal.stdout.write(words.map((word) => `${word}\n`).join(''));
}

/** It tells of every command, so all of them are loaded. */
async function completionFor(shell: Shell): Promise<string> {
  const { wholeProgram } = await import('../whole-program.ts');
  const program = await wholeProgram();
  switch (shell) {
    case 'bash':
      return (await import('../completion/bash.ts')).bashCompletion(program);
    case 'zsh':
      return (await import('../completion/zsh.ts')).zshCompletion(program);
    case 'fish':
      return (await import('../completion/fish.ts')).fishCompletion(program);
  }
}

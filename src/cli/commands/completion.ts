import { Argument } from 'commander';
import type { CommandSpec } from '../command-spec.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

export const command: CommandSpec = {
  name: 'completion',
  description: 'Print the completion of command lines for a shell.',
  arguments: [new Argument('<shell>', 'which shell it is for').choices(SHELLS)],
  examples: [
    ['garrison completion bash > /etc/bash_completion.d/garrison', 'for everybody on this machine'],
    ['garrison completion zsh > ~/.zsh/completions/_garrison', 'into a directory of your fpath'],
    ['garrison completion fish > ~/.config/fish/completions/garrison.fish', 'for fish'],
  ],
  run: async (invocation, shell: Shell) => {
    invocation.terminal.stdout.write(await completionFor(shell));
  },
};

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

import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addRevoke(tokens: Command, terminal: Terminal): void {
  const command = tokens
    .command('revoke')
    .alias('rm')
    .description('Revoke a key or a token.')
    .argument('<id>', 'id of the key')
    .action(
      act(terminal, async (invocation, id: string) => {
        await (await invocation.native()).revokeKey(id);
        await invocation.print(sentenceView({ id, revoked: true }, `revoked ${id}`));
      }),
    );
  addExamples(command, [['garrison tokens revoke 0199a3f4-…', 'it opens nothing any more']]);
}

import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addRotateIntermediate(certs: Command, terminal: Terminal): void {
  const command = certs
    .command('rotate-intermediate')
    .description('Let a new intermediate sign from now on. Certificates of the old one work until their own end.')
    .action(
      act(terminal, async (invocation) => {
        const authority = await (await invocation.native()).rotateIntermediate();
        await invocation.print(
          sentenceView(authority, `intermediate ${authority.id} signs now, until ${authority.not_after}`),
        );
      }),
    );
  addExamples(command, [['garrison certs rotate-intermediate', 'with the master key']]);
}

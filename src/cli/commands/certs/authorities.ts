import type { Command } from 'commander';
import { collect } from '#client/walk-pages.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { tableView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addAuthorities(certs: Command, terminal: Terminal): void {
  const command = certs
    .command('authorities')
    .description('List the root and every intermediate there has been.')
    .action(
      act(terminal, async (invocation) => {
        const found = await collect((await invocation.native()).authorities());
        await invocation.print(
          tableView(
            found,
            [
              { header: 'ID', value: (one) => one.id },
              { header: 'KIND', value: (one) => one.kind },
              { header: 'SIGNS', value: (one) => (one.is_issuing ? 'yes' : 'no') },
              { header: 'SINCE', value: (one) => invocation.ago(one.not_before) },
              { header: 'ENDS', value: (one) => invocation.ago(one.not_after) },
            ],
            'No authorities.',
          ),
        );
      }),
    );
  addExamples(command, [['garrison certs authorities', 'which of them signs now']]);
}

import type { Command } from 'commander';
import { collect } from '#client/walk-pages.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { tableView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addList(tokens: Command, terminal: Terminal): void {
  const command = tokens
    .command('list')
    .alias('ls')
    .description('List the keys and tokens of the own tenant, without the keys themselves.')
    .action(
      act(terminal, async (invocation) => {
        const found = await collect((await invocation.native()).keys());
        await invocation.print(
          tableView(
            found,
            [
              { header: 'ID', value: (key) => key.id },
              { header: 'KIND', value: (key) => key.kind },
              { header: 'NAME', value: (key) => key.name, isFlexible: true },
              { header: 'ENDS WITH', value: (key) => key.hint },
              { header: 'SCOPES', value: (key) => key.scopes.join(','), isFlexible: true },
              { header: 'EXPIRES', value: (key) => invocation.ago(key.expires_at) },
              { header: 'LAST USED', value: (key) => invocation.ago(key.last_used_at) },
              { header: 'REVOKED', value: (key) => invocation.ago(key.revoked_at) },
            ],
            'No keys. garrison tokens create makes one.',
          ),
        );
      }),
    );
  addExamples(command, [['garrison tokens list', 'who has keys, and when they were used']]);
}

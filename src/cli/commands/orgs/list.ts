import type { Command } from 'commander';
import { collect } from '#client/walk-pages.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { tableView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addList(orgs: Command, terminal: Terminal): void {
  const command = orgs
    .command('list')
    .alias('ls')
    .description('List the organisations.')
    .action(
      act(terminal, async (invocation) => {
        const found = await collect((await invocation.native()).organisations());
        await invocation.print(
          tableView(
            found,
            [
              { header: 'ID', value: (org) => org.id },
              { header: 'NAME', value: (org) => org.name, isFlexible: true },
              { header: 'CREATED', value: (org) => invocation.ago(org.created_at) },
            ],
            'No organisations. garrison orgs create NAME makes one.',
          ),
        );
      }),
    );
  addExamples(command, [['garrison orgs list', 'with the master key']]);
}

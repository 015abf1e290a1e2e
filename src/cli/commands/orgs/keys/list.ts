import type { Command } from 'commander';
import { collect } from '#client/walk-pages.ts';
import { addExamples } from '../../../help.ts';
import { act } from '../../../invocation.ts';
import { tableView } from '../../../output/print-view.ts';
import type { Terminal } from '../../../terminal.ts';

export function addList(keys: Command, terminal: Terminal): void {
  const command = keys
    .command('list')
    .alias('ls')
    .description('List the keys of an organisation, without the keys themselves.')
    .argument('<org>', 'id of the organisation')
    .action(
      act(terminal, async (invocation, orgId: string) => {
        const found = await collect((await invocation.native()).organisationKeys(orgId));
        await invocation.print(
          tableView(
            found,
            [
              { header: 'ID', value: (key) => key.id },
              { header: 'KIND', value: (key) => key.kind },
              { header: 'NAME', value: (key) => key.name, isFlexible: true },
              { header: 'ENDS WITH', value: (key) => key.hint },
              { header: 'CREATED', value: (key) => invocation.ago(key.created_at) },
              { header: 'LAST USED', value: (key) => invocation.ago(key.last_used_at) },
              { header: 'REVOKED', value: (key) => invocation.ago(key.revoked_at) },
            ],
            'No keys. garrison orgs keys create ORG makes one.',
          ),
        );
      }),
    );
  addExamples(command, [['garrison orgs keys list 0199a3f4-…', 'which keys open it']]);
}

import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { tableView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addScopes(tokens: Command, terminal: Terminal): void {
  const command = tokens
    .command('scopes')
    .description('List every scope there is and what it opens.')
    .action(
      act(terminal, async (invocation) => {
        const scopes = await (await invocation.native()).scopes();
        await invocation.print(
          tableView(
            scopes,
            [
              { header: 'SCOPE', value: (scope) => scope.name },
              { header: 'OPENS', value: (scope) => scope.opens, isFlexible: true },
            ],
            'No scopes.',
          ),
        );
      }),
    );
  addExamples(command, [['garrison tokens scopes', 'what --scope can say']]);
}

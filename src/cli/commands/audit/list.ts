import type { Command } from 'commander';
import { collect } from '#client/walk-pages.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { tableView } from '../../output/print-view.ts';
import { wholeNumber } from '../../parse/read-number.ts';
import type { Terminal } from '../../terminal.ts';

interface Options {
  readonly subject?: string;
  readonly action?: string;
  readonly object?: string;
  readonly limit: number;
}

/** Facts are whatever the operation told; older rows have none of these. */
function textFact(facts: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const fact = facts[name];
  return typeof fact === 'string' ? fact : undefined;
}

export function addList(audit: Command, terminal: Terminal): void {
  const command = audit
    .command('list')
    .alias('ls')
    .description('List what was done, the latest first: who, what, to what, whence, and how it ended.')
    .option('--subject <id>', 'by whom: id of a key, subject of a token')
    .option('--action <action>', 'what, such as host.revoke')
    .option('--object <id>', 'to what')
    .option('--limit <n>', 'at most so many', wholeNumber(1), 50)
    .action(
      act(terminal, async (invocation) => {
        const { limit, ...filter } = invocation.opts<Options>();
        const found = await collect((await invocation.native()).audit(filter), limit);
        await invocation.print(
          tableView(
            found,
            [
              { header: 'WHEN', value: (row) => invocation.ago(row.at) },
              { header: 'SUBJECT', value: (row) => row.subject, isFlexible: true },
              { header: 'ACTION', value: (row) => row.action },
              { header: 'OBJECT', value: (row) => row.object, isFlexible: true },
              { header: 'FROM', value: (row) => row.address },
              { header: 'OUTCOME', value: (row) => row.outcome },
              { header: 'BY', value: (row) => textFact(row.facts, 'caller'), isFlexible: true },
              { header: 'COMMAND', value: (row) => textFact(row.facts, 'command'), isFlexible: true },
            ],
            'Nothing was done yet.',
          ),
        );
      }),
    );
  addExamples(command, [
    ['garrison audit list', 'the last fifty'],
    ['garrison audit list --action host.revoke --limit 5', 'who revoked what'],
  ]);
}

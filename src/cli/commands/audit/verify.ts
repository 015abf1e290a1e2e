import type { Command } from 'commander';
import { CliError } from '../../cli-error.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addVerify(audit: Command, terminal: Terminal): void {
  const command = audit
    .command('verify')
    .description('Compute every hash of the audit log again, and fail when a row was changed, removed or put in.')
    .action(
      act(terminal, async (invocation) => {
        const verdict = await (await invocation.native()).verifyAudit();
        if (!verdict.is_intact) {
          throw new CliError(
            `the audit log was touched: row ${verdict.broken_at} does not follow from those before it`,
            {
              advice: `The ${verdict.rows} rows before it are whole. Compare with a backup.`,
            },
          );
        }
        await invocation.print(sentenceView(verdict, `whole: ${verdict.rows} rows`));
      }),
    );
  addExamples(command, [['garrison audit verify', 'ends with 0 when nobody has touched it']]);
}

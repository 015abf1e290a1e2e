import { type Command, InvalidArgumentError } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { wholeNumber } from '../../parse/read-number.ts';
import type { Terminal } from '../../terminal.ts';

interface Options {
  readonly after: number;
}

export function addExport(audit: Command, terminal: Terminal): void {
  const command = audit
    .command('export')
    .description(
      'Print the audit log as lines of JSON in the order of its chain, to be kept elsewhere and checked there.',
    )
    .option('--after <position>', 'only the rows behind this one', wholeNumber(0), 0)
    .action(
      act(terminal, async (invocation) => {
        const { after } = invocation.opts<Options>();
        const client = await invocation.native();
        let isFirst = true;
        for await (const { tenant_id, after: behind, items } of client.auditExport(after)) {
          const header = { format: 'garrison-audit-export/1', tenant_id, after: behind };
          const lines = [...(isFirst ? [header] : []), ...items].map((line) => `${JSON.stringify(line)}\n`);
          terminal.stdout.write(lines.join(''));
          isFirst = false;
        }
      }),
    );
  addExamples(command, [
    ['garrison audit export > audit.jsonl', 'all of it'],
    ['garrison audit export --after 1200 > audit-1201.jsonl', 'what has come since row 1200'],
  ]);
}

/** POSITION:HASH, as verify and the controller's log print it. */
export function knownHead(text: string): string {
  if (/^\d{1,15}:[0-9a-f]{64}$/i.test(text)) return text;
  throw new InvalidArgumentError('It is POSITION:HASH, the hash in 64 hex digits, as garrison audit verify prints it.');
}

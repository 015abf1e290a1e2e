import { InvalidArgumentError } from 'commander';
import { collect } from '#client/walk-pages.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { tableView } from '../../output/print-view.ts';
import { wholeNumber } from '../../parse/read-number.ts';
import { settingOptions } from '../controller/setting-options.ts';
import { verify } from './verify.ts';

interface ListOptions {
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

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List what was done, the latest first: who, what, to what, from where, and how it ended.',
  options: [
    option('--subject <id>', 'by whom: id of a key, subject of a token'),
    option('--action <action>', 'what, such as host.revoke'),
    option('--object <id>', 'to what'),
    option('--limit <n>', 'at most so many', wholeNumber(1), 50),
  ],
  examples: [
    ['garrison audit list', 'the last fifty'],
    ['garrison audit list --action host.revoke --limit 5', 'who revoked what'],
  ],
  run: async (invocation) => {
    const { limit, ...filter } = invocation.opts<ListOptions>();
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
        'The audit log is empty.',
      ),
    );
  },
};

interface ExportOptions {
  readonly after: number;
}

const exportLog: CommandSpec = {
  name: 'export',
  description:
    'Print the audit log as lines of JSON in the order of its chain, to be kept elsewhere and checked there.',
  options: [option('--after <position>', 'only the rows behind this one', wholeNumber(0), 0)],
  examples: [
    ['garrison audit export > audit.jsonl', 'all of it'],
    ['garrison audit export --after 1200 > audit-1201.jsonl', 'what has come since row 1200'],
  ],
  run: async (invocation) => {
    const { after } = invocation.opts<ExportOptions>();
    const client = await invocation.native();
    let isFirst = true;
    for await (const { tenant_id, after: behind, items } of client.auditExport(after)) {
      const header = { format: 'garrison-audit-export/1', tenant_id, after: behind };
      const lines = [...(isFirst ? [header] : []), ...items].map((line) => `${JSON.stringify(line)}\n`);
      invocation.terminal.stdout.write(lines.join(''));
      isFirst = false;
    }
  },
};

/** POSITION:HASH, as verify and the controller's log print it. */
export function knownHead(text: string): string {
  if (/^\d{1,15}:[0-9a-f]{64}$/i.test(text)) return text;
  throw new InvalidArgumentError('It is POSITION:HASH, the hash in 64 hex digits, as garrison audit verify prints it.');
}

const key: CommandSpec = {
  name: 'key',
  description:
    'Print what checks the audit log of a tenant without a controller. It is secret: who has it can write that log anew. On the machine of the controller.',
  arguments: [argument('<tenant>', 'id of the tenant, as the first line of an export has it')],
  options: settingOptions(['--config', '--data-dir']),
  examples: [
    [
      'garrison audit key 0199a3f4-… --data-dir /var/lib/garrison > audit.key',
      'keep it where only the checker reads it',
    ],
  ],
  run: async (invocation, tenant: string) => {
    const { deriveAuditKey } = await import('#controller/audit/audit-key-file.ts');
    const key = deriveAuditKey({ flags: invocation.opts(), env: process.env }, tenant);
    await invocation.print({ data: key, text: () => `${JSON.stringify(key)}\n` });
  },
};

export const command: CommandSpec = {
  name: 'audit',
  description: 'Who did what, and whether the log is whole.',
  examples: [['garrison audit list', 'what was done lately']],
  commands: [list, verify, exportLog, key],
};

import type { Command } from 'commander';
import { configFlags } from '#controller/config.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import type { Terminal } from '../../terminal.ts';

const NAMES = ['--config', '--data-dir'];

export function addKey(audit: Command, terminal: Terminal): void {
  const command = audit
    .command('key')
    .description(
      'Print what checks the audit log of a tenant without a controller. It is secret: who has it can write that log anew. On the machine of the controller.',
    )
    .argument('<tenant>', 'id of the tenant, as the first line of an export has it');
  for (const { definition, description } of configFlags())
    if (NAMES.some((name) => definition.startsWith(`${name} `))) command.option(definition, description);
  command.action(
    act(terminal, async (invocation, tenant: string) => {
      const { deriveAuditKey } = await import('#controller/audit/audit-key-file.ts');
      const key = deriveAuditKey({ flags: invocation.opts(), env: process.env }, tenant);
      await invocation.print({ data: key, text: () => `${JSON.stringify(key)}\n` });
    }),
  );
  addExamples(command, [
    [
      'garrison audit key 0199a3f4-… --data-dir /var/lib/garrison > audit.key',
      'keep it where only the checker reads it',
    ],
  ]);
}

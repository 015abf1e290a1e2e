import type { Command } from 'commander';
import { collect } from '#client/walk-pages.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { addListOptions, type ListOptions, listQuery } from '../../list-options.ts';
import { paintStatus } from '../../output/paint.ts';
import { tableView } from '../../output/print-view.ts';
import { resolveNodeUuid } from '../../resolve-node-uuid.ts';
import type { Terminal } from '../../terminal.ts';

interface Options extends ListOptions {
  readonly command?: string;
  readonly node?: string;
  readonly status?: string;
}

export function addList(executions: Command, terminal: Terminal): void {
  const command = executions
    .command('list')
    .alias('ls')
    .description('List the executions: one command on one machine each.')
    .option('--command <id>', 'executions of this command')
    .option('--node <node>', 'executions on this machine, by name or id')
    .option('--status <status>', 'pending, sent, completed, cancelled or expired')
    .action(
      act(terminal, async (invocation) => {
        const options = invocation.opts<Options>();
        const nodeId = options.node === undefined ? undefined : await resolveNodeUuid(invocation, options.node);
        const client = await invocation.edgeAdmin();
        const query = listQuery(options, { command_id: options.command, node_id: nodeId, status: options.status });
        const found = await collect(client.executions(query), options.limit);
        await invocation.print(
          tableView(
            found,
            [
              { header: 'ID', value: (one) => one.id },
              { header: 'STATUS', value: (one) => one.status, paint: (text) => paintStatus(invocation.paint, text) },
              { header: 'EXIT', value: (one) => one.exit_code, isNumber: true },
              { header: 'NODE', value: (one) => one.node_id },
              { header: 'COMMAND', value: (one) => one.command_text, isFlexible: true },
              { header: 'ENDED', value: (one) => invocation.ago(one.completed_at ?? one.cancelled_at) },
            ],
            'No executions.',
          ),
        );
      }),
    );
  addListOptions(command);
  addExamples(command, [
    ['garrison executions list --command 0199a3f4-…', 'how a command went everywhere'],
    ['garrison executions list --status completed --where exit_code__gte=1', 'what failed'],
  ]);
}

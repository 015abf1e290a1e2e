import type { Command } from 'commander';
import { ApiError } from '#client/api-error.ts';
import type { EdgeAdminClient } from '#client/edge-admin/edge-admin-client.ts';
import { collect } from '#client/walk-pages.ts';
import { usageError } from '../../cli-error.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addCancel(executions: Command, terminal: Terminal): void {
  const command = executions
    .command('cancel')
    .description('Cancel executions: what waits never starts, what runs is ended on its machine.')
    .argument('[id...]', 'ids of executions')
    .option('--command <id>', 'all that are open of this command')
    .action(
      act(terminal, async (invocation, ids: string[]) => {
        const { command: commandId } = invocation.opts<{ command?: string }>();
        if ((commandId === undefined) === (ids.length === 0)) {
          throw usageError('say what to cancel', 'Give ids of executions, or --command ID for all of a command.');
        }
        const client = await invocation.edgeAdmin();
        const results = commandId === undefined ? await cancelEach(client, ids) : await cancelOpen(client, commandId);
        const lines = results.map(({ id, result }) => `${id}: ${result}`);
        await invocation.print(sentenceView(results, lines.join('\n') || 'nothing was open'));
      }),
    );
  addExamples(command, [
    ['garrison executions cancel 0199a3f4-…', 'one'],
    ['garrison executions cancel --command 0199a3f4-…', 'a command, wherever it is not over yet'],
  ]);
}

interface Cancelled {
  readonly id: string;
  readonly result: string;
}

async function cancelEach(client: EdgeAdminClient, ids: readonly string[]): Promise<Cancelled[]> {
  const results: Cancelled[] = [];
  for (const id of ids) results.push({ id, result: await client.cancelExecution(id) });
  return results;
}

/** One that ends meanwhile, or whose machine cannot be told now, does not stop the others. */
async function cancelOpen(client: EdgeAdminClient, commandId: string): Promise<Cancelled[]> {
  const pending = await collect(client.executions({ command_id: commandId, status: 'pending' }));
  const sent = await collect(client.executions({ command_id: commandId, status: 'sent' }));
  const open = new Map([...pending, ...sent].map((one) => [one.id, one])).values();
  const results: Cancelled[] = [];
  for (const { id } of open) {
    const result = await client.cancelExecution(id).catch((error: unknown) => {
      if (error instanceof ApiError && (error.status === 409 || error.status === 503)) return error.message;
      throw error;
    });
    results.push({ id, result });
  }
  return results;
}

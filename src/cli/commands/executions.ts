import { ApiError } from '#client/api-error.ts';
import type { EdgeAdminClient } from '#client/edge-admin/edge-admin-client.ts';
import { collect } from '#client/walk-pages.ts';
import { usageError } from '../cli-error.ts';
import { argument, type CommandSpec, option } from '../command-spec.ts';
import { type ListOptions, listOptions, listQuery } from '../list-options.ts';
import { paintStatus } from '../output/paint.ts';
import { factsView, sentenceView, tableView } from '../output/print-view.ts';
import { resolveNodeUuid } from '../resolve-node-uuid.ts';

interface Options extends ListOptions {
  readonly command?: string;
  readonly node?: string;
  readonly status?: string;
}

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List the executions: one command on one machine each.',
  options: [
    option('--command <id>', 'executions of this command'),
    option('--node <node>', 'executions on this machine, by name or id'),
    option('--status <status>', 'pending, sent, completed, cancelled or expired'),
    ...listOptions(),
  ],
  examples: [
    ['garrison executions list --command 0199a3f4-…', 'how a command went everywhere'],
    ['garrison executions list --status completed --where exit_code__gte=1', 'what failed'],
  ],
  run: async (invocation) => {
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
  },
};

const show: CommandSpec = {
  name: 'show',
  description: 'Show one execution.',
  arguments: [argument('<id>', 'id of the execution')],
  examples: [['garrison executions show 0199a3f4-…', 'when it went where, and what it said']],
  run: async (invocation, id: string) => {
    const one = await (await invocation.edgeAdmin()).execution(id);
    await invocation.print(
      factsView(one, [
        ['id', one.id],
        ['status', paintStatus(invocation.paint, one.status)],
        ['exit code', one.exit_code],
        ['machine', one.node_id ?? 'removed'],
        ['command', one.command_text],
        ['ordered', invocation.ago(one.inserted_at)],
        ['sent', invocation.ago(one.sent_at)],
        ['ended', invocation.ago(one.completed_at ?? one.cancelled_at)],
        ['deadline', invocation.ago(one.expired_at)],
        ['output', one.output],
      ]),
    );
  },
};

const output: CommandSpec = {
  name: 'output',
  description: 'Print what an execution said, and nothing else.',
  arguments: [argument('<id>', 'id of the execution')],
  examples: [['garrison executions output 0199a3f4-… > web-1.log', 'into a file, byte for byte']],
  run: async (invocation, id: string) => {
    const { output, exit_code } = await (await invocation.edgeAdmin()).execution(id);
    const text = output ?? '';
    await invocation.print({ data: { id, exit_code, output: text }, text: () => text });
  },
};

const cancel: CommandSpec = {
  name: 'cancel',
  description: 'Cancel executions: what waits never starts, what runs is ended on its machine.',
  arguments: [argument('[id...]', 'ids of executions')],
  options: [option('--command <id>', 'all that are open of this command')],
  examples: [
    ['garrison executions cancel 0199a3f4-…', 'one'],
    ['garrison executions cancel --command 0199a3f4-…', 'a command, wherever it is not over yet'],
  ],
  run: async (invocation, ids: string[]) => {
    const { command: commandId } = invocation.opts<{ command?: string }>();
    if ((commandId === undefined) === (ids.length === 0)) {
      throw usageError('say what to cancel', 'Give ids of executions, or --command ID for all of a command.');
    }
    const client = await invocation.edgeAdmin();
    const results = commandId === undefined ? await cancelEach(client, ids) : await cancelOpen(client, commandId);
    const lines = results.map(({ id, result }) => `${id}: ${result}`);
    await invocation.print(sentenceView(results, lines.join('\n') || 'nothing was open'));
  },
};

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

const rm: CommandSpec = {
  name: 'rm',
  aliases: ['remove'],
  description: 'Remove an execution that has ended.',
  arguments: [argument('<id>', 'id of the execution')],
  examples: [['garrison executions rm 0199a3f4-…', 'with what it said']],
  run: async (invocation, id: string) => {
    await (await invocation.edgeAdmin()).deleteExecution(id);
    await invocation.print(sentenceView({ id, removed: true }, `removed ${id}`));
  },
};

export const command: CommandSpec = {
  name: 'executions',
  description: 'Commands on single machines: list, show, output, cancel.',
  examples: [['garrison executions list --status pending', 'what waits for its machine']],
  commands: [list, show, output, cancel, rm],
};

import { setTimeout as delay } from 'node:timers/promises';
import type { EdgeAdminClient } from '#client/edge-admin/edge-admin-client.ts';
import type { Command, CommandExecution } from '#client/edge-admin/wire.ts';
import { collect } from '#client/walk-pages.ts';
import { ExitCode } from '../../exit-codes.ts';
import type { Invocation } from '../../invocation.ts';
import { paintFor, paintStatus, styleOfName } from '../../output/paint.ts';
import { NodeNames } from '../../watch/node-names.ts';

interface WatchPace {
  /** Between two looks, in milliseconds; each look takes a quarter longer to come, up to `slowestMs`. */
  readonly firstMs: number;
  readonly slowestMs: number;
}

const PACE: WatchPace = { firstMs: 200, slowestMs: 2000 };

/**
 * Looks until no execution of the command is open, and tells each one when it has ended. The surface has no stream, so
 * a look counts the open ones first and then reads those that have changed: what ends in between is read next time. The
 * last look reads all, because clocks of several controllers may differ.
 */
export async function watchExecutions(
  invocation: Invocation,
  client: EdgeAdminClient,
  { id: commandId }: Command,
  pace: WatchPace = PACE,
): Promise<ExitCode> {
  const leaving = new AbortController();
  const stopListening = invocation.terminal.onInterrupt(() => leaving.abort());
  const ended = new Map<string, CommandExecution>();
  const names = await namesOf(invocation);
  let changedSince: string | undefined;
  try {
    for (let waitMs = pace.firstMs; ; waitMs = Math.min(waitMs * 1.25, pace.slowestMs)) {
      const open = await countOpen(client, commandId);
      const since = open === 0 ? undefined : changedSince;
      const query = { command_id: commandId, updated_at__gte: since };
      for (const execution of await collect(client.executions(query))) {
        if (changedSince === undefined || execution.updated_at > changedSince) changedSince = execution.updated_at;
        if (isOpen(execution) || ended.has(execution.id)) continue;
        ended.set(execution.id, execution);
        tell(invocation, execution, names);
      }
      if (open === 0) break;
      await delay(waitMs, undefined, { signal: leaving.signal });
    }
    return await finish(invocation, commandId, [...ended.values()]);
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
    invocation.note(`left; it goes on. garrison executions cancel --command ${commandId} ends it`);
    return ExitCode.ok;
  } finally {
    stopListening();
  }
}

/** Those that are on their way last: one that is sent between the two questions is counted twice, never missed. */
async function countOpen(client: EdgeAdminClient, commandId: string): Promise<number> {
  const pending = await client.countExecutions({ command_id: commandId, status: 'pending' });
  return pending + (await client.countExecutions({ command_id: commandId, status: 'sent' }));
}

function isOpen({ status }: CommandExecution): boolean {
  return status === 'pending' || status === 'sent';
}

function tell(invocation: Invocation, execution: CommandExecution, names: NodeNames): void {
  if (invocation.format !== 'table') return;
  const { stdout, stderr } = invocation.terminal;
  const name = names.of(execution.node_id ?? 'removed node');
  const lines = (execution.output ?? '').replace(/\n$/, '').split('\n');
  const prefix = invocation.paint(styleOfName(name), `[${name}]`);
  if (execution.output) {
    for (const line of lines) stdout.write(`${prefix} ${line}\n`);
  }
  const paint = paintFor(stderr);
  const exit =
    execution.exit_code === null || execution.exit_code === undefined ? '' : ` (exit=${execution.exit_code})`;
  const word = execution.status === 'completed' && execution.exit_code !== 0 ? 'failed' : execution.status;
  stderr.write(`${paint(styleOfName(name), `[${name}]`)} ${paintStatus(paint, word)}${exit}\n`);
}

async function finish(
  invocation: Invocation,
  commandId: string,
  ended: readonly CommandExecution[],
): Promise<ExitCode> {
  if (invocation.format !== 'table') {
    await invocation.print({ data: { command_id: commandId, executions: ended }, text: () => '' });
  }
  if (ended.length === 0) invocation.note('no machine is meant');
  const failed = ended.filter((one) => one.status === 'completed' && one.exit_code !== 0).length;
  const counts = [
    `${ended.filter((one) => one.status === 'completed').length - failed} ok`,
    `${failed} failed`,
    `${ended.filter((one) => one.status === 'cancelled').length} cancelled`,
    `${ended.filter((one) => one.status === 'expired').length} expired`,
  ];
  invocation.note(
    `command ${commandId}: ${counts.filter((count, at) => at === 0 || !count.startsWith('0')).join(', ')}`,
  );
  return exitCodeOf(ended);
}

/** No node was targeted, or an execution failed, was cancelled, or expired. */
function exitCodeOf(ended: readonly CommandExecution[]): ExitCode {
  if (ended.length === 0) return ExitCode.unavailable;
  if (ended.some((one) => one.status === 'completed' && one.exit_code !== 0)) return ExitCode.failed;
  if (ended.some((one) => one.status === 'cancelled')) return ExitCode.cancelled;
  return ended.some((one) => one.status === 'expired') ? ExitCode.deadline : ExitCode.ok;
}

async function namesOf(invocation: Invocation): Promise<NodeNames> {
  try {
    const hosts = await collect((await invocation.edgeFleet()).hosts());
    return new NodeNames(hosts.map(({ node_id, name }) => ({ node_id: node_id.replace(/^n-/, ''), name })));
  } catch {
    return new NodeNames([]); // names are a courtesy: without them the ids have to do
  }
}

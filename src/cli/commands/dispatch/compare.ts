import type { AgentDispatchClient, DispatchRecord } from '#client/agent-dispatch/agent-dispatch-client.ts';
import { collect } from '#client/walk-pages.ts';
import { usageError } from '../../cli-error.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { tableView } from '../../output/print-view.ts';
import { formatDuration } from '../../output/times.ts';
import { readPatch } from './changes.ts';
import { judgementOf, tokensOf } from './follow.ts';

export const compare: CommandSpec = {
  name: 'compare',
  description: 'Compare dispatches of one task: how they ended, what they took, and what they changed.',
  arguments: [argument('<what...>', 'the group of attempts, or the dispatches')],
  options: [option('--diff', 'print the changes of each, one after the other')],
  examples: [
    ['garrison dispatch compare dsp_20260113_143052_abc123 dsp_20260113_143052_def456 --diff', 'two side by side'],
  ],
  run: async (invocation, what: readonly string[]) => {
    const client = await invocation.dispatch();
    const attempts = await Promise.all((await readAttempts(client, what)).map((one) => measure(client, one)));
    await invocation.print(
      tableView(
        attempts,
        [
          { header: 'ID', value: (one) => one.dispatchId },
          { header: 'AGENT', value: (one) => one.agent },
          { header: 'MODEL', value: (one) => one.modelId, isFlexible: true },
          { header: 'STATUS', value: (one) => one.status },
          { header: 'TOOK', value: (one) => (one.durationMs === null ? '-' : formatDuration(one.durationMs)) },
          { header: 'TOKENS', value: (one) => String(one.tokens) },
          { header: 'COST', value: (one) => (one.costUsd === null ? '-' : `${one.costUsd.toFixed(4)} $`) },
          { header: 'JUDGE', value: (one) => judgementOf(one) },
          { header: 'FILES', value: (one) => String(one.files) },
          { header: 'LINES', value: (one) => `+${one.added} -${one.removed}` },
        ],
        'No attempts.',
      ),
    );
    if (invocation.opts<{ diff?: boolean }>().diff !== true || invocation.format !== 'table') return;
    for (const { dispatchId, agent, patch } of attempts)
      invocation.terminal.stdout.write(`\n=== ${dispatchId} (${agent})\n${patch}`);
  },
};

async function readAttempts(client: AgentDispatchClient, what: readonly string[]): Promise<readonly DispatchRecord[]> {
  const [only] = what;
  if (what.length > 1 || only?.startsWith('dsp_')) return Promise.all(what.map((id) => client.dispatch(id)));
  const found = await collect(client.dispatches({ attemptGroup: only }));
  if (found.length === 0)
    throw usageError(`there is no group of attempts ${only}`, 'garrison dispatch run --attempt makes one.');
  return found.reverse();
}

async function measure(client: AgentDispatchClient, one: DispatchRecord) {
  const bytes = await readPatch(client, one.dispatchId).catch(() => undefined); // one that failed early has none
  const patch = bytes === undefined ? '' : Buffer.from(bytes).toString('utf8');
  const lines = patch.split('\n');
  const { dispatchId, agent, modelId, status, costUsd, startedAt, endedAt, judge, judgement } = one;
  return {
    dispatchId,
    agent,
    modelId,
    status,
    costUsd,
    judge,
    judgement,
    durationMs: startedAt && endedAt ? Date.parse(endedAt) - Date.parse(startedAt) : null,
    tokens: tokensOf(one.usage),
    files: lines.filter((line) => line.startsWith('diff --git ')).length,
    added: lines.filter((line) => line.startsWith('+') && !line.startsWith('+++ ')).length,
    removed: lines.filter((line) => line.startsWith('-') && !line.startsWith('--- ')).length,
    patch,
  };
}

import type { NodeRun, Run, RunDetail } from '#client/edge-fleet/wire.ts';
import type { Invocation } from '../../invocation.ts';
import { paintStatus } from '../../output/paint.ts';
import { factsView, tableView, type View } from '../../output/print-view.ts';
import type { Column } from '../../output/table.ts';
import { formatDuration } from '../../output/times.ts';
import { printFailurePolicy, printMode } from '../../parse/read-policy.ts';
import { printWireTarget } from '../../print-target.ts';
import { countWords } from '../../watch/describe-result.ts';
import type { NodeNames } from '../../watch/node-names.ts';

export function runsView(runs: readonly Run[], invocation: Invocation): View {
  return tableView(
    runs,
    [
      { header: 'RUN', value: (run) => run.fleet_command_id },
      { header: 'OUTCOME', value: (run) => run.outcome, paint: (text) => paintStatus(invocation.paint, text) },
      { header: 'TOOL', value: (run) => run.tool, isFlexible: true },
      { header: 'TARGET', value: (run) => printWireTarget(run.target), isFlexible: true },
      { header: 'RESULT', value: (run) => countWords(run.summary), isFlexible: true },
      { header: 'STARTED', value: (run) => invocation.ago(run.started_at) },
      { header: 'TOOK', value: (run) => tookOf(run) },
    ],
    "Nothing has been run yet. garrison run 'uptime' --on all is a beginning.",
  );
}

export function runView(run: RunDetail, names: NodeNames, invocation: Invocation): View {
  const { mode, failure_policy, max_concurrency, require_min_targets, per_target_deadline_secs } = run.policy;
  const facts = factsView(run, [
    ['run', run.fleet_command_id],
    ['outcome', paintStatus(invocation.paint, run.outcome)],
    ['result', run.summary && countWords(run.summary)],
    ['tool', run.tool],
    ['target', printWireTarget(run.target)],
    ['mode', printMode(mode)],
    ['on error', printFailurePolicy(failure_policy)],
    ['at once', max_concurrency],
    ['at least', require_min_targets],
    ['deadline', per_target_deadline_secs && `${per_target_deadline_secs}s`],
    ['started', invocation.ago(run.started_at)],
    ['took', tookOf(run)],
  ]);
  const columns: Column<NodeRun>[] = [
    { header: 'NODE', value: (node) => names.of(node.node_id) },
    { header: 'OUTCOME', value: (node) => node.outcome, paint: (text) => paintStatus(invocation.paint, text) },
    { header: 'EXIT', value: (node) => node.exit_code, isNumber: true },
    {
      header: 'TOOK',
      value: (node) => (node.duration_ms === null ? null : formatDuration(node.duration_ms)),
      isNumber: true,
    },
    {
      header: 'LAST LINE',
      value: (node) => lastLine(node.stderr_tail) || lastLine(node.stdout_tail),
      isFlexible: true,
    },
  ];
  const data = { ...run, per_node: run.per_node.map((node) => ({ name: names.of(node.node_id), ...node })) };
  const nodes = tableView(run.per_node, columns, 'No nodes.');
  return { data, text: async (style) => `${await facts.text(style)}\n${await nodes.text(style)}` };
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

function tookOf({ started_at, ended_at }: Pick<Run, 'started_at' | 'ended_at'>): string | null {
  return ended_at === null ? null : formatDuration(Date.parse(ended_at) - Date.parse(started_at));
}

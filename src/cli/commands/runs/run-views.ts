import type { NodeRun, Run, RunDetail, Target } from '#client/edge-fleet/wire.ts';
import type { Invocation } from '../../invocation.ts';
import { type Paint, paintStatus } from '../../output/paint.ts';
import { factsView, tableView, type View } from '../../output/print-view.ts';
import type { Column } from '../../output/table.ts';
import { formatDuration } from '../../output/times.ts';
import { printFailurePolicy, printMode } from '../../parse/read-policy.ts';
import { countWords } from '../../watch/describe-result.ts';
import type { NodeNames } from '../../watch/node-names.ts';

type TargetPrinter = (target: Target) => string;

export function runsView(runs: readonly Run[], targetText: TargetPrinter, invocation: Invocation): View {
  return tableView(
    runs,
    [
      { header: 'RUN', value: (run) => run.fleet_command_id },
      { header: 'OUTCOME', value: outcomeOf, paint: (text, run) => paintOutcome(invocation.paint, text, run) },
      { header: 'TOOL', value: (run) => run.tool, isFlexible: true },
      { header: 'TARGET', value: (run) => targetText(run.target), isFlexible: true },
      { header: 'RESULT', value: (run) => countWords(run.summary), isFlexible: true },
      { header: 'STARTED', value: (run) => invocation.ago(run.started_at) },
      { header: 'TOOK', value: (run) => tookOf(run) },
      { header: 'BY', value: callerOf, isFlexible: true },
      { header: 'COMMAND', value: (run) => run.command, isFlexible: true },
    ],
    "Nothing has been run yet. garrison run 'uptime' --on all is a beginning.",
  );
}

export interface RunNames {
  readonly nodes: NodeNames;
  readonly targetText: TargetPrinter;
}

export function runView(run: RunDetail, { nodes: names, targetText }: RunNames, invocation: Invocation): View {
  const { mode, failure_policy, max_concurrency, require_min_targets, per_target_deadline_secs } = run.policy;
  const facts = factsView(run, [
    ['run', run.fleet_command_id],
    ['outcome', paintOutcome(invocation.paint, outcomeOf(run), run)],
    ['result', run.summary && countWords(run.summary)],
    ['tool', run.tool],
    ['command', run.command],
    ['sha256', run.command_sha256],
    ['arguments', otherArguments(run)],
    ['by', run.caller && [run.caller.name, run.caller.id].filter((one) => one !== null).join(' ')],
    ['target', targetText(run.target)],
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

/** `complete, 9 failed`: a run that went to its end is not a run that went well. */
function outcomeOf({ outcome, summary }: Pick<RunDetail, 'outcome' | 'summary'>): string {
  const failed = failuresOf(summary);
  return failed > 0 && outcome !== 'halted' ? `${outcome}, ${failed} failed` : outcome;
}

function paintOutcome(
  paint: Paint,
  text: string,
  { outcome, summary }: Pick<RunDetail, 'outcome' | 'summary'>,
): string {
  return outcome === 'complete' && failuresOf(summary) > 0 ? paint('yellow', text) : paintStatus(paint, outcome, text);
}

function failuresOf(summary: RunDetail['summary']): number {
  return summary === undefined ? 0 : summary.err + summary.timed_out;
}

function callerOf({ caller }: Run): string | undefined {
  return caller?.name ?? caller?.id;
}

/** Arguments that the command does not show. */
function otherArguments({ tool, args, command }: RunDetail): string | undefined {
  if (args == null || command == null || !(tool === 'cmd.run' || tool === 'script.run')) return undefined;
  const others = Object.entries(args).filter(([name]) => !IN_COMMAND.has(name));
  return others.length === 0 ? undefined : JSON.stringify(Object.fromEntries(others));
}

const IN_COMMAND: ReadonlySet<string> = new Set(['command', 'args', 'argv', 'script']);

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

function tookOf({ started_at, ended_at, duration_ms }: Pick<Run, 'started_at' | 'ended_at' | 'duration_ms'>) {
  if (typeof duration_ms === 'number') return formatDuration(duration_ms);
  return ended_at === null ? null : formatDuration(Date.parse(ended_at) - Date.parse(started_at));
}

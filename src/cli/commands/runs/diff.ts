import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import { followRun } from '#client/edge-fleet/follow-run.ts';
import { CliError, ExitWith } from '../../cli-error.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { ExitCode } from '../../exit-codes.ts';
import { foldNames } from '../../output/fold-names.ts';
import type { Paint } from '../../output/paint.ts';
import type { View } from '../../output/print-view.ts';
import { printable } from '../../output/printable.ts';
import { wholeNumber } from '../../parse/read-number.ts';
import { resolveNodeId } from '../../resolve-target.ts';
import { lookUpNames, type NodeNames } from '../../watch/node-names.ts';
import { OutputByGroup } from '../../watch/output-by-group.ts';
import { collectOutputs, type Heard } from '../../watch/run-outputs.ts';
import type { ComparedRun, RunComparison } from './compare-runs.ts';

interface Options {
  readonly node?: string;
  readonly context: number;
  readonly exitCode?: boolean;
}

export const diff: CommandSpec = {
  name: 'diff',
  description: 'Compare what two runs said on each node. Nodes with the same difference are told once.',
  arguments: [argument('<a>', 'id of a run'), argument('<b>', 'id of another')],
  options: [
    option('--node <node>', 'this node only, by name or id'),
    option('--context <n>', 'lines around each difference', wholeNumber(0), 3),
    option('--exit-code', 'end with 1 when there is a difference'),
  ],
  examples: [
    ['garrison runs diff f-0199a3f4-… f-0199b1c2-…', 'what changed between two runs of the same command'],
    ['garrison runs diff f-0199a3f4-… f-0199b1c2-… --node web-1 --context 0', 'on one node, nothing around it'],
  ],
  run: async (invocation, a: string, b: string) => {
    const { node, context, exitCode: isWanted = false } = invocation.opts<Options>();
    const client = await invocation.edgeFleet();
    const nodeId = node === undefined ? undefined : await resolveNodeId(client, node);
    const [first, second] = [await readRun(client, a, nodeId), await readRun(client, b, nodeId)];
    const { compareRuns } = await import('./compare-runs.ts'); // the library is for this command alone
    const comparison = compareRuns(first, second, context);
    const names = await lookUpNames(client, [...new Set([...first.outputs.keys(), ...second.outputs.keys()])]);
    await invocation.print(comparisonView([first.name, second.name], comparison, names, invocation.paint));
    throw new ExitWith(isWanted && !isSame(comparison) ? ExitCode.failed : ExitCode.ok);
  },
};

async function readRun(client: EdgeFleetClient, id: string, nodeId: string | undefined): Promise<ComparedRun> {
  const { outcome, fleet_command_id: name } = await client.run(id);
  if (outcome === 'running')
    throw new CliError(`run ${name} goes on, and is compared when it has ended`, {
      advice: `garrison runs output ${name} --exit-code waits for it.`,
    });
  return { name, outputs: await collectOutputs(heardOf(client, name, nodeId)) };
}

async function* heardOf(client: EdgeFleetClient, id: string, nodeId: string | undefined): AsyncGenerator<Heard> {
  const signal = new AbortController().signal;
  const outputs = nodeId === undefined ? await OutputByGroup.open(client) : undefined;
  if (outputs !== undefined) return yield* outputs.read(id, signal);
  const nodes = nodeId === undefined ? undefined : [nodeId];
  for await (const event of followRun(client, id, { signal, nodes })) yield { event };
}

function isSame({ different, onlyFirst, onlySecond }: RunComparison): boolean {
  return different.length + onlyFirst.length + onlySecond.length === 0;
}

function comparisonView(
  [a, b]: readonly [string, string],
  { same, different, onlyFirst, onlySecond }: RunComparison,
  names: NodeNames,
  paint: Paint,
): View {
  const named = (ids: readonly string[]) => ids.map((id) => ({ node_id: id, name: names.of(id) }));
  const told = (what: string, ids: readonly string[]) =>
    ids.length === 0 ? '' : `${paint('bold', what)}: ${namesOf(ids, names)}\n`;
  const groups = different.map(
    ({ nodes, ends: [before, after], diff }) =>
      `${paint('bold', `${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}`)}: ${namesOf(nodes, names)}${
        before === after ? '' : ` (${printable(before)}, then ${printable(after)})`
      }\n${paintDiff(diff, paint)}\n`,
  );
  const rest = [told(`only in ${a}`, onlyFirst), told(`only in ${b}`, onlySecond), told('the same', same)];
  return {
    data: {
      runs: [a, b],
      different: different.map(({ nodes, ...one }) => ({ nodes: named(nodes), ...one })),
      only: { [a]: named(onlyFirst), [b]: named(onlySecond) },
      same: named(same),
    },
    text: () => [...groups, ...rest].join('') || 'Neither run has output of a node.\n',
  };
}

function namesOf(ids: readonly string[], names: NodeNames): string {
  return foldNames(ids.map((id) => names.of(id)));
}

/** What hosts said is shown as text; the colours are ours. */
function paintDiff(diff: string, paint: Paint): string {
  const lines = diff.split('\n').map((line) => {
    const text = printable(line);
    if (line.startsWith('@@')) return paint('cyan', text);
    if (line.startsWith('+')) return paint('green', text);
    return line.startsWith('-') ? paint('red', text) : text;
  });
  return lines.join('\n');
}

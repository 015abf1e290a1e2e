import type { FoundOutput } from '#client/edge-fleet/wire.ts';
import { collect } from '#client/walk-pages.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import type { Invocation } from '../../invocation.ts';
import { tableView, type View } from '../../output/print-view.ts';
import { readPastInstant } from '../../parse/read-instant.ts';
import { wholeNumber } from '../../parse/read-number.ts';
import { resolveNodeId } from '../../resolve-target.ts';
import { lookUpNames, type NodeNames } from '../../watch/node-names.ts';

interface Options {
  readonly run?: string;
  readonly node?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
}

export const search: CommandSpec = {
  name: 'search',
  description: 'Find a text in the output that is kept, the newest runs first: letter for letter, within lines.',
  arguments: [argument('<text>', 'the text to look for, letter for letter')],
  options: [
    option('--run <run>', 'in this run'),
    option('--node <node>', 'on this node, by name or id'),
    option('--since <time>', 'in runs of the last 2h, 7d, or after a date', (text) => readPastInstant(text)),
    option('--until <time>', 'in runs from longer ago than 2h, 7d, or before a date', (text) => readPastInstant(text)),
    option('--limit <n>', 'at most so many nodes', wholeNumber(1), 50),
  ],
  examples: [
    ["garrison runs search 'No space left on device' --since 7d", 'which nodes had a full disk this week'],
    ['garrison runs search oom-killer --node web-1', 'on one node, whatever was run'],
    ['garrison runs search Traceback --run f-0199a3f4-…', 'in one run'],
  ],
  run: async (invocation, text: string) => {
    const { limit, node, ...filter } = invocation.opts<Options>();
    const client = await invocation.edgeFleet();
    const nodeId = node === undefined ? undefined : await resolveNodeId(client, node);
    const search = { ...filter, text, node: nodeId, pageSize: limit };
    const found = await collect(client.searchOutput(search), limit);
    const ids = new Set(found.map((one) => one.node_id));
    const names = await lookUpNames(client, [...ids]);
    await invocation.print(foundView(found, names, invocation));
    if (found.length === limit) invocation.note(`these are the first ${limit}: --limit shows more`);
  },
};

interface FoundLine extends Pick<FoundOutput, 'fleet_command_id' | 'node_id' | 'started_at'> {
  readonly stream: string | null;
  readonly text: string;
}

function foundView(found: readonly FoundOutput[], names: NodeNames, invocation: Invocation): View {
  const table = tableView(
    found.flatMap(linesOf),
    [
      { header: 'RUN', value: (line) => line.fleet_command_id },
      { header: 'STARTED', value: (line) => invocation.ago(line.started_at) },
      { header: 'NODE', value: (line) => names.of(line.node_id) },
      { header: 'STREAM', value: (line) => line.stream },
      { header: 'LINE', value: (line) => line.text, isFlexible: true },
    ],
    'No output that is kept has it.',
  );
  return { data: found.map((one) => ({ name: names.of(one.node_id), ...one })), text: table.text };
}

function linesOf({ lines, count, ...place }: FoundOutput): FoundLine[] {
  const more = count - lines.length;
  const shown: FoundLine[] = lines.map((line) => ({ ...place, ...line }));
  return more > 0 ? [...shown, { ...place, stream: null, text: `… and ${more} more lines` }] : shown;
}

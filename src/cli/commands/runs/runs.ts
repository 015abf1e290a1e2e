import { rerunAndFollow } from '#client/edge-fleet/follow-run.ts';
import { collect } from '#client/walk-pages.ts';
import { ExitWith } from '../../cli-error.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { EXIT_CODE_HELP } from '../../help.ts';
import { sentenceView } from '../../output/print-view.ts';
import { readPastInstant } from '../../parse/read-instant.ts';
import { wholeNumber } from '../../parse/read-number.ts';
import { resolveNodeId } from '../../resolve-target.ts';
import { lookUpNames } from '../../watch/node-names.ts';
import { reporterFor } from '../../watch/reporter-for.ts';
import { lookUpTargets } from '../../watch/target-names.ts';
import { watchRun } from '../../watch/watch-run.ts';
import { diff } from './diff.ts';
import { output } from './output.ts';
import { runsView, runView } from './run-views.ts';
import { search } from './search.ts';

interface Options {
  readonly tool?: string;
  readonly outcome?: string;
  readonly caller?: string;
  readonly node?: string;
  readonly since?: string;
  readonly until?: string;
  readonly text?: string;
  readonly limit: number;
}

/** Named as the history of the place it is in. */
export function list(name: 'list' | 'runs'): CommandSpec {
  return {
    name,
    aliases: name === 'list' ? ['ls'] : [],
    description: 'List the runs, the latest first.',
    options: [
      option('--tool <name>', 'runs of this tool'),
      option('--outcome <outcome>', 'runs that ended so; failed: with failures, however they ended').choices([
        'complete',
        'halted',
        'cancelled',
        'running',
        'failed',
      ]),
      option('--caller <name>', 'runs of this caller: name of a key or user, or its id'),
      option('--node <node>', 'runs on this node, by name or id'),
      option('--since <time>', 'started in the last 2h, 7d, or after a date', (text) => readPastInstant(text)),
      option('--until <time>', 'started longer ago than 2h, 7d, or before a date', (text) => readPastInstant(text)),
      option('--text <text>', 'runs of commands that hold this text'),
      option('--limit <n>', 'at most so many', wholeNumber(1), 50),
    ],
    examples: (call) => [
      [call, 'the last fifty'],
      [`${call} --outcome halted --tool script.run`, 'scripts that were halted'],
      [`${call} --node web-1 --since 24h --outcome failed`, 'what went wrong on a node today'],
      [`${call} --caller anna --text 'systemctl restart'`, 'who restarted what'],
    ],
    run: async (invocation) => {
      const { limit, node, ...filter } = invocation.opts<Options>();
      const client = await invocation.edgeFleet();
      const nodeId = node === undefined ? undefined : await resolveNodeId(client, node);
      const runs = await collect(client.runs({ ...filter, node: nodeId }), limit);
      const targetText = await lookUpTargets(
        client,
        runs.map((run) => run.target),
      );
      await invocation.print(runsView(runs, targetText, invocation));
    },
  };
}

export const show: CommandSpec = {
  name: 'show',
  description: 'Show one run and how it went on each node.',
  arguments: [argument('<run>', 'id of the run')],
  examples: (call) => [[`${call} f-0199a3f4-…`, 'policy, counts, and a line for each node']],
  run: async (invocation, id: string) => {
    const client = await invocation.edgeFleet();
    const run = await client.run(id);
    const targetText = await lookUpTargets(client, [run.target]);
    const nodes = await lookUpNames(
      client,
      run.per_node.map((node) => node.node_id),
    );
    await invocation.print(runView(run, { nodes, targetText }, invocation));
  },
};

export const cancel: CommandSpec = {
  name: 'cancel',
  description: 'Cancel a run: what is under way is ended on its node, the rest does not start.',
  arguments: [argument('<run>', 'id of the run')],
  examples: (call) => [[`${call} f-0199a3f4-…`, 'ends it everywhere']],
  run: async (invocation, id: string) => {
    const result = await (await invocation.edgeFleet()).cancel(id);
    const { cancelled, already_terminal: over } = result;
    const sentence =
      cancelled === 0 ? `nothing to cancel, ${over} had ended` : `cancelled ${cancelled}, ${over} had ended`;
    await invocation.print(sentenceView(result, sentence));
  },
};

const rerun: CommandSpec = {
  name: 'rerun',
  description: 'Give the order of a run once more: the same tool, arguments and policy, and watch it.',
  arguments: [argument('<run>', 'id of the run')],
  options: [
    option('--failed', 'only on the nodes where it failed, did not start or was left out'),
    option('--fold', 'tell identical output once, with the nodes it came from'),
    option('-q, --quiet', 'output and failures only'),
    option('--events', 'every event as a line of JSON, as it comes'),
  ],
  examples: (call) => [
    [`${call} f-0199a3f4-… --failed`, 'again, where it went wrong'],
    [`${call} f-0199a3f4-…`, 'again, on the whole target as it is now'],
  ],
  helpAfterExamples: EXIT_CODE_HELP,
  run: async (invocation, id: string) => {
    const { failed, ...shown } = invocation.opts<RerunOptions>();
    const client = await invocation.edgeFleet();
    const { policy, per_node: nodes } = await client.run(id);
    const exitCode = await watchRun({
      client,
      terminal: invocation.terminal,
      reporter: await reporterFor(invocation, { ...shown, policy }, client),
      events: (follow) => rerunAndFollow(client, { runId: id, ...(failed && { only: 'failed' }) }, follow),
      names: lookUpNames(
        client,
        nodes.map((node) => node.node_id),
      ),
      onInterrupt: 'cancel',
    });
    throw new ExitWith(exitCode);
  },
};

interface RerunOptions {
  readonly failed?: boolean;
  readonly fold?: boolean;
  readonly quiet?: boolean;
  readonly events?: boolean;
}

export const command: CommandSpec = {
  name: 'runs',
  description: 'What has been run: list, show, output, search, diff, rerun, cancel.',
  examples: [['garrison runs list', 'the last runs and how they went']],
  commands: [list('list'), show, output, search, diff, rerun, cancel],
};

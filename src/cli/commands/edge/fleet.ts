import { followRun } from '#client/edge-fleet/follow-run.ts';
import { parseTarget } from '#surfaces/edge-fleet/shorthand/parse-target.ts';
import { ExitWith } from '../../cli-error.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { ExitCode } from '../../exit-codes.ts';
import { EXIT_CODE_HELP, TARGET_HELP } from '../../help.ts';
import { paintStatus } from '../../output/paint.ts';
import { tableView } from '../../output/print-view.ts';
import { repeated } from '../../parse/read-pairs.ts';
import { resolveTarget } from '../../resolve-target.ts';
import { EventLineReporter } from '../../watch/data-reporter.ts';
import { lookUpNames, NodeNames } from '../../watch/node-names.ts';
import { watchRun } from '../../watch/watch-run.ts';
import { readOrder, splitWords } from '../run/order.ts';
import { runOnFleet, standardInput } from '../run/run-on-fleet.ts';
import { type RunOptions, runOptions } from '../run/run-options.ts';
import { cancel, list, show } from '../runs/runs.ts';

const preview: CommandSpec = {
  name: 'preview',
  description: 'Show whom a target means now: who would be run on (✓) and who would be skipped (⊗).',
  arguments: [argument('[fragment...]', 'the target, instead of --on')],
  options: [option('--on <target>', 'the target, as in garrison run', repeated)],
  help: TARGET_HELP,
  examples: [
    ['garrison edge fleet preview os=linux tags=web,prod', 'before the real thing'],
    ["garrison edge fleet preview --on 'labels=In(region,eu,us)'", 'in quotes, because of the brackets'],
  ],
  run: async (invocation, fragments: string[]) => {
    const { on = [] } = invocation.opts<{ on?: readonly string[] }>();
    const shorthand = parseTarget([...fragments, ...on].join(' '));
    const client = await invocation.edgeFleet();
    const preview = await client.preview(await resolveTarget(client, shorthand));
    const names = await lookUpNames(
      client,
      preview.skipped.map((one) => one.node_id),
    );
    const rows = [
      ...preview.resolved.map((one) => ({ mark: '✓', ...one })),
      ...preview.skipped.map(({ node_id, reason }) => ({
        mark: '⊗',
        node_id,
        name: names.of(node_id),
        status: reason,
      })),
    ];
    const table = tableView(
      rows,
      [
        { header: ' ', value: (row) => row.mark },
        { header: 'NAME', value: (row) => row.name },
        { header: 'NODE_ID', value: (row) => row.node_id },
        { header: 'STATUS', value: (row) => row.status, paint: (text) => paintStatus(invocation.paint, text) },
      ],
      'It means nobody.',
    );
    await invocation.print({ ...table, data: preview });
    invocation.note(`${preview.resolved.length} would be run on, ${preview.skipped.length} skipped`);
    if (preview.resolved.length === 0) throw new ExitWith(ExitCode.unavailable);
  },
};

/** The same as `garrison run`, with the tool as its first word where it is not a command. */
const run: CommandSpec = {
  name: 'run',
  description: 'Run a tool or a command on a target and watch it.',
  arguments: [
    argument('[tool]', 'a tool such as service.restart; or a program and its arguments after --'),
    argument('[argv...]'),
  ],
  options: [...runOptions()],
  help: TARGET_HELP,
  examples: [
    ['garrison edge fleet run service.restart --arg name=nginx --on tags=web --mode rolling=2', 'two at a time'],
    [
      'garrison edge fleet run script.run --args \'{"script":"uptime"}\' --on all --on-error continue',
      'arguments as JSON',
    ],
    ['garrison edge fleet run --on @web-1 -- uname -a', 'a program and its arguments'],
  ],
  helpAfterExamples: EXIT_CODE_HELP,
  run: async (invocation, tool: string | undefined, rest: string[]) => {
    const options = invocation.opts<RunOptions>();
    const { operands, argv } = splitWords([...(tool === undefined ? [] : [tool]), ...rest], invocation.rawArgv);
    const [named] = operands;
    const order = await readOrder(
      { operands: operands.slice(1), argv },
      { ...options, ...(named !== undefined && { tool: named }) },
      standardInput(invocation),
    );
    await runOnFleet(invocation, order, options);
  },
};

const events: CommandSpec = {
  name: 'events',
  description: 'Print the events of a run as lines of JSON, and the ones to come until it has ended.',
  arguments: [argument('<run>', 'id of the run')],
  options: [option('--last-event-id <id>', 'only those after this one')],
  examples: [
    ['garrison edge fleet events f-0199a3f4-…', 'from its beginning'],
    [
      'garrison edge fleet events f-0199a3f4-… | jq -r \'select(.event == "command_result").data.node_id\'',
      'who has ended',
    ],
  ],
  run: async (invocation, id: string) => {
    const { lastEventId } = invocation.opts<{ lastEventId?: string }>();
    const client = await invocation.edgeFleet();
    await watchRun({
      client,
      terminal: invocation.terminal,
      reporter: new EventLineReporter(invocation.terminal),
      events: (follow) => followRun(client, id, { ...follow, ...(lastEventId !== undefined && { lastEventId }) }),
      names: Promise.resolve(new NodeNames([])),
      onInterrupt: 'leave',
    });
  },
};

export const fleet: CommandSpec = {
  name: 'fleet',
  description: 'Orders to many hosts: preview, run, cancel, history.',
  examples: [['garrison edge fleet preview tags=web', 'whom a target means']],
  commands: [preview, run, cancel, list('runs'), show, events],
};

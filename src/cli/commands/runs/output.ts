import { followRun } from '#client/edge-fleet/follow-run.ts';
import { ExitWith } from '../../cli-error.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { ExitCode } from '../../exit-codes.ts';
import { resolveNodeId } from '../../resolve-target.ts';
import { reporterFor } from '../../watch/reporter-for.ts';
import { watchRun } from '../../watch/watch-run.ts';

interface Options {
  readonly exitCode?: boolean;
  readonly fold?: boolean;
  readonly events?: boolean;
  readonly node?: string;
}

export const output: CommandSpec = {
  name: 'output',
  description:
    'Tell a run from its beginning, every line of every node, and follow it while it goes on. Ctrl-C leaves it running.',
  arguments: [argument('<run>', 'id of the run')],
  options: [
    option('--fold', 'tell identical output once, with the nodes it came from'),
    option('--node <node>', 'of this node only, by name or id'),
    option('--events', 'every event as a line of JSON'),
    option('--exit-code', 'end with the exit code of the run'),
  ],
  examples: [
    ['garrison runs output f-0199a3f4-…', 'everything it said'],
    ['garrison runs output f-0199a3f4-… --exit-code', 'wait for a run and end as it does'],
    ['garrison runs output f-0199a3f4-… --node web-1 > web-1.log', 'one node, into a file'],
  ],
  run: async (invocation, id: string) => {
    const { exitCode: isWanted = false, node, ...report } = invocation.opts<Options>();
    const client = await invocation.edgeFleet();
    const nodeId = node === undefined ? undefined : await resolveNodeId(client, node);
    const exitCode = await watchRun({
      client,
      terminal: invocation.terminal,
      reporter: await reporterFor(invocation, { ...report, isReplay: true }, nodeId === undefined ? client : undefined),
      events: (options) => followRun(client, id, { ...options, nodes: nodeId === undefined ? undefined : [nodeId] }),
      onInterrupt: 'leave',
    });
    throw new ExitWith(isWanted ? exitCode : ExitCode.ok);
  },
};

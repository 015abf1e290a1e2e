import { ExitWith } from '../../cli-error.ts';
import type { CommandSpec } from '../../command-spec.ts';
import { ExitCode } from '../../exit-codes.ts';
import type { Invocation } from '../../invocation.ts';
import { factsView } from '../../output/print-view.ts';
import type { Facts } from '../../output/table.ts';
import { stateDirOption } from './node-options.ts';

export const status: CommandSpec = {
  name: 'status',
  description: 'How the node of this machine is: joined, running, connected. Exits with 5 when it has no session.',
  options: [...stateDirOption()],
  examples: [
    ['garrison node status', 'for people'],
    ['garrison node status --output json', 'for a health check: the exit code says whether it is connected'],
  ],
  run: async (invocation) => {
    const { stateDirAt, defaultStateDir } = await import('#daemon/state-dir/state-dir.ts');
    const { describeNode } = await import('#daemon/state-dir/describe-node.ts');
    const { stateDir } = invocation.opts<{ stateDir?: string }>();
    const description = describeNode(stateDirAt(stateDir ?? defaultStateDir(invocation.terminal.env)));
    await invocation.print(factsView(description, factsOf(description, invocation)));
    if (description.state !== 'connected') throw new ExitWith(ExitCode.unavailable);
  },
};

type Description = ReturnType<typeof import('#daemon/state-dir/describe-node.ts').describeNode>;

function factsOf(description: Description, invocation: Invocation): Facts {
  const { running, queued, unacknowledged } = description;
  return [
    ['state', description.state],
    ['problem', description.problem],
    ['node', description.node_id],
    ['cluster', description.cluster],
    ['controller', description.endpoint],
    ['since', invocation.ago(description.since)],
    ['executions', `${running} running, ${queued} waiting, ${unacknowledged} not confirmed`],
    ['spool', `${description.spooled_bytes} bytes`],
    ['certificate', description.certificate_ends_at && `ends ${description.certificate_ends_at}`],
    ['process', description.pid && `${description.pid}, version ${description.version}`],
    ['directory', description.state_dir],
  ];
}

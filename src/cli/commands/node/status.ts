import type { Command } from 'commander';
import { ExitWith } from '../../cli-error.ts';
import { ExitCode } from '../../exit-codes.ts';
import { addExamples } from '../../help.ts';
import { act, type Invocation } from '../../invocation.ts';
import { factsView } from '../../output/print-view.ts';
import type { Facts } from '../../output/table.ts';
import type { Terminal } from '../../terminal.ts';
import { addStateDir } from './node-options.ts';

export function addStatus(node: Command, terminal: Terminal): void {
  const command = node
    .command('status')
    .description('How the node of this machine is: joined, running, connected. Exits with 5 when it has no session.');
  addStateDir(command).action(
    act(terminal, async (invocation) => {
      const { stateDirAt, defaultStateDir } = await import('#daemon/state-dir/state-dir.ts');
      const { describeNode } = await import('#daemon/state-dir/describe-node.ts');
      const { stateDir } = invocation.opts<{ stateDir?: string }>();
      const description = describeNode(stateDirAt(stateDir ?? defaultStateDir(terminal.env)));
      await invocation.print(factsView(description, factsOf(description, invocation)));
      if (description.state !== 'connected') throw new ExitWith(ExitCode.unavailable);
    }),
  );
  addExamples(command, [
    ['garrison node status', 'for people'],
    ['garrison node status --output json', 'for a health check: the exit code says whether it is connected'],
  ]);
}

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

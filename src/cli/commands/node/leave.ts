import { CliError } from '../../cli-error.ts';
import { type CommandSpec, option } from '../../command-spec.ts';
import { ExitCode } from '../../exit-codes.ts';
import { sentenceView } from '../../output/print-view.ts';
import { stateDirOption } from './node-options.ts';

export const leave: CommandSpec = {
  name: 'leave',
  description:
    'Forget that this machine is a node: its key, certificate, journal and spool. The controller lists it until an operator removes it.',
  options: [option('--yes', 'without this nothing is removed'), ...stateDirOption()],
  examples: [['garrison node leave --yes', 'after its service was stopped']],
  run: async (invocation) => {
    const { stateDir: given, yes } = invocation.opts<{ stateDir?: string; yes?: boolean }>();
    const { stateDirAt, defaultStateDir, emptyStateDir } = await import('#daemon/state-dir/state-dir.ts');
    const { lockStateDir } = await import('#daemon/state-dir/lock-state-dir.ts');
    const { loadIdentity } = await import('#daemon/identity/identity-store.ts');
    const stateDir = stateDirAt(given ?? defaultStateDir(invocation.terminal.env));
    const identity = loadIdentity(stateDir);
    if (identity === undefined) {
      throw new CliError(`this machine has not joined: there is no identity in ${stateDir.path}`, {
        exitCode: ExitCode.conflict,
      });
    }
    if (!yes) {
      throw new CliError(`this would remove the identity of node ${identity.nodeId} from this machine for good`, {
        exitCode: ExitCode.conflict,
        advice: 'Say --yes if that is what you want.',
      });
    }
    const lock = lockStateDir(stateDir);
    try {
      emptyStateDir(stateDir);
    } finally {
      lock.release();
    }
    const { nodeId } = identity;
    await invocation.print(sentenceView({ node_id: nodeId }, `this machine is no longer node ${nodeId}`));
    invocation.note(`Remove it at the controller with garrison nodes rm ${nodeId}.`);
  },
};

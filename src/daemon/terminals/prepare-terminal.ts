import type { TerminalTarget } from '#core/tunnels/tunnel.ts';
import { decide } from '../policy/decide.ts';
import { chooseAccount } from '../tools/commands/choose-account.ts';
import { commandEnvironment, pathOfCommands } from '../tools/processes/command-environment.ts';
import type { LaunchOrder } from '../tools/processes/command-launcher.ts';
import { ownAccount } from '../tools/processes/user-account.ts';
import type { ToolHost } from '../tools/tool-context.ts';

export type TerminalHost = Pick<ToolHost, 'policy' | 'environment' | 'runtimeDir'>;

export type PreparedTerminal = { readonly order: LaunchOrder; readonly user: string } | { readonly problem: string };

/** What the policy allows, as an order to the launcher, and whom it runs as. */
export async function prepareTerminal(
  id: string,
  { command, user, terminal }: TerminalTarget,
  { policy, environment }: TerminalHost,
): Promise<PreparedTerminal> {
  const standing = { policy, own: ownAccount(), path: pathOfCommands(environment) };
  const [file, ...args] = command;
  const asUser = user === undefined ? {} : { user };
  const decision =
    file === undefined
      ? decide(standing, 'script.run', { script: '', ...asUser })
      : decide(standing, 'cmd.run', { command: file, args, ...asUser });
  if ('refusal' in decision) return { problem: `policy_refused: ${decision.refusal.message}` };
  const chosen = await chooseAccount(decision.permit.user);
  if ('ending' in chosen) return { problem: chosen.ending.errorMessage ?? 'nobody to run as' };
  const { account, owner } = chosen;
  const env = commandEnvironment({
    account,
    executionId: id,
    variables: terminal && { TERM: terminal.type },
    daemonEnvironment: environment,
  });
  const shell = account.shell;
  const program =
    file === undefined
      ? { file: shell, argv: [`-${shell.split('/').at(-1)}`] } // the dash makes it a login shell
      : { file: decision.permit.program ?? file, argv: [file, ...args] };
  return { order: { user: owner, directories: [account.home, '/'], env, ...program }, user: account.name };
}

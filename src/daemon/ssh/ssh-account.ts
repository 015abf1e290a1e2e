/**
 * As whom a sign-in acts. The name of SSH is a credential and nothing more: `ssh.users` of policy.yaml maps it to a user of this
 * host. Where nobody has written anything about users, an unmapped name acts as the daemon's own; once anything is written, it is
 * refused, unless `run_as` names the one user there is.
 */
import { decide } from '../policy/decide.ts';
import type { Policy } from '../policy/policy.ts';
import { type ChosenAccount, chooseAccount } from '../tools/commands/choose-account.ts';
import { pathOfCommands } from '../tools/processes/command-environment.ts';
import { ownAccount } from '../tools/processes/user-account.ts';

export interface SshStanding {
  readonly policy: Policy;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What somebody who has signed in asks for: a command line for the shell of the user, or files. */
export type SshAsk = 'shell' | 'files';

export async function accountOf(
  username: string,
  ask: SshAsk,
  { policy, environment }: SshStanding,
): Promise<ChosenAccount | { readonly problem: string }> {
  const { ssh, runAs, allowedUsers, allowedRoots } = policy;
  const user = ssh?.users[username] ?? runAs;
  if (user === undefined && (ssh !== undefined || allowedUsers !== undefined))
    return { problem: `the policy of this host (ssh.users) names no user for ${username}` };
  if (ask === 'files' && allowedRoots !== undefined)
    return {
      problem: 'the policy of this host (allowed_roots) limits files, and SFTP knows no such limits; use garrison cp',
    };
  const standing = { policy, own: ownAccount(), path: pathOfCommands(environment) };
  const decision = decide(standing, 'script.run', { script: '', ...(user !== undefined && { user }) });
  if ('refusal' in decision) return { problem: decision.refusal.message };
  const chosen = await chooseAccount(decision.permit.user);
  return 'ending' in chosen ? { problem: chosen.ending.errorMessage ?? 'nobody to run as' } : chosen;
}

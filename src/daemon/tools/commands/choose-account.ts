import { failed, type ToolEnding } from '../../executions/executor.ts';
import { refusalOfUser } from '../../policy/check-command.ts';
import type { Policy } from '../../policy/policy.ts';
import type { PipeOwner } from '../processes/output-pipes.ts';
import { findUser, ownAccount, type UserAccount } from '../processes/user-account.ts';

export interface ChosenAccount {
  readonly account: UserAccount;
  /** Undefined: no switch, the command runs as the daemon does. */
  readonly owner: PipeOwner | undefined;
}

/** Whom a command runs as: whom the policy says, else whom the order names, else whoever the daemon is. */
export function chooseAccount(
  user: string | undefined,
  policy: Policy,
): ChosenAccount | { readonly ending: ToolEnding } {
  const refusal = refusalOfUser(policy, user);
  if (refusal !== undefined) return { ending: failed('policy_refused', refusal) };
  const own = ownAccount();
  const name = policy.runAs ?? user;
  if (name === undefined || name === own.name) return { account: own, owner: undefined };
  const account = findUser(name);
  if (account === undefined) return { ending: failed('unknown_user', `this host has no user ${name}`) };
  if (account.uid === own.uid) return { account, owner: undefined };
  if (own.uid !== 0) {
    const problem = `the daemon runs as ${own.name} and cannot become ${name}; run it as root for that`;
    return { ending: failed('user_switch_refused', problem) };
  }
  return { account, owner: account };
}

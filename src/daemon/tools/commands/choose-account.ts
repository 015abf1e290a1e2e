import { failed, type ToolEnding } from '../../executions/executor.ts';
import type { PipeOwner } from '../processes/output-pipes.ts';
import { findUser, ownAccount, type UserAccount } from '../processes/user-account.ts';

export interface ChosenAccount {
  readonly account: UserAccount;
  /** Undefined: no switch, the command runs as the daemon does. */
  readonly owner: PipeOwner | undefined;
}

/** The account of the user that was decided on (undefined: whoever the daemon is), if the daemon can become it. */
export function chooseAccount(user: string | undefined): ChosenAccount | { readonly ending: ToolEnding } {
  const own = ownAccount();
  if (user === undefined || user === own.name) return { account: own, owner: undefined };
  const account = findUser(user);
  if (account === undefined) return { ending: failed('unknown_user', `this host has no user ${user}`) };
  if (account.uid === own.uid) return { account, owner: undefined };
  if (own.uid !== 0) {
    const problem = `the daemon runs as ${own.name} and cannot become ${user}; only root can become somebody else`;
    return { ending: failed('user_switch_refused', problem) };
  }
  return { account, owner: account };
}

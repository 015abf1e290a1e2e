import { failed, type ToolEnding } from '../../executions/executor.ts';
import type { UserIds } from '../processes/become-user.ts';
import { findGroups, findUser, ownAccount, type UserAccount } from '../processes/user-account.ts';

export interface ChosenAccount {
  readonly account: UserAccount;
  /** Undefined: no switch, the command runs as the daemon does. */
  readonly owner: UserIds | undefined;
}

/** The account of the user that was decided on (undefined: whoever the daemon is), if the daemon can become it. */
export async function chooseAccount(
  user: string | undefined,
): Promise<ChosenAccount | { readonly ending: ToolEnding }> {
  const own = ownAccount();
  if (user === undefined || user === own.name) return { account: own, owner: undefined };
  const account = await findUser(user);
  if (account === 'unanswered') return unanswered(user);
  if (account === undefined) return { ending: failed('unknown_user', `this host has no user ${user}`) };
  if (account.uid === own.uid) return { account, owner: undefined };
  if (own.uid !== 0) {
    const problem = `the daemon runs as ${own.name} and cannot become ${user}; only root can become somebody else`;
    return { ending: failed('user_switch_refused', problem) };
  }
  const groups = await findGroups(account);
  if (groups === 'unanswered') return unanswered(user);
  return { account, owner: { uid: account.uid, gid: account.gid, groups } };
}

function unanswered(user: string): { readonly ending: ToolEnding } {
  const advice = `see that getent passwd ${user} and id ${user} answer`;
  return { ending: failed('unknown_user', `this host did not say in time who ${user} is; ${advice}`) };
}

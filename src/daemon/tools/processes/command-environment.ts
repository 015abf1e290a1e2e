import type { UserAccount } from './user-account.ts';

/** Marks every process of an execution, so that scripts can name it and a restarted daemon can find it. */
export const EXECUTION_VARIABLE = 'GARRISON_EXECUTION_ID';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What a command has of the daemon's own environment: where things are and how people write here. No setting of ours. */
const PASSED_ON = /^(PATH|LANG|LC_[A-Z]+|TZ)$/;

/** PATH of a command that sets none. */
export function pathOfCommands(daemonEnvironment: Readonly<Record<string, string | undefined>>): string {
  return daemonEnvironment.PATH ?? DEFAULT_PATH;
}

export interface CommandEnvironment {
  readonly account: UserAccount;
  readonly executionId: string;
  readonly variables: Readonly<Record<string, string>> | undefined;
  readonly daemonEnvironment: Readonly<Record<string, string | undefined>>;
}

export function commandEnvironment(command: CommandEnvironment): Record<string, string> {
  const { account, executionId, variables = {}, daemonEnvironment } = command;
  const passedOn = Object.entries(daemonEnvironment).flatMap(([name, value]): [string, string][] =>
    PASSED_ON.test(name) && value !== undefined ? [[name, value]] : [],
  );
  return {
    PATH: DEFAULT_PATH,
    ...Object.fromEntries(passedOn),
    HOME: account.home,
    USER: account.name,
    LOGNAME: account.name,
    SHELL: account.shell,
    ...variables,
    [EXECUTION_VARIABLE]: executionId,
  };
}

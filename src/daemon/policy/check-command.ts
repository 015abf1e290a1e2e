import { accessSync, constants, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { Policy } from './policy.ts';

export interface CommandRequest {
  readonly file: string;
  readonly variables: Readonly<Record<string, string>> | undefined;
  /** PATH the executable will be looked up on. */
  readonly path: string;
}

/** Why the policy does not allow it, for the caller; undefined when it does. */
export function refusalOfCommand(policy: Policy, { file, variables, path }: CommandRequest): string | undefined {
  if (policy.allowedCommands === undefined) return undefined;
  const variable = Object.keys(variables ?? {}).find((name) => !policy.allowedVariables.includes(name));
  if (variable !== undefined)
    return `the policy of this host limits commands and does not let an order set ${variable}`;
  const executable = resolveExecutable(file, path);
  const allowed = policy.allowedCommands.map((command) => resolveExecutable(command, path));
  if (executable !== undefined && allowed.includes(executable)) return undefined;
  return `the policy of this host does not allow the command ${file}`;
}

/** A script can do whatever its user can, so it is allowed where commands are not limited. */
export function refusalOfScript(policy: Policy): string | undefined {
  if (policy.allowedCommands === undefined) return undefined;
  return 'the policy of this host limits commands and allows no scripts';
}

export function refusalOfUser({ runAs, allowedUsers }: Policy, user: string | undefined): string | undefined {
  if (user === undefined) return undefined;
  if (runAs !== undefined && user !== runAs) return `the policy of this host runs commands as ${runAs} and nobody else`;
  if (allowedUsers !== undefined && !allowedUsers.includes(user))
    return `the policy of this host does not allow the user ${user}`;
  return undefined;
}

/**
 * The executable a name stands for, by the real path of its directory: `/bin/true` and `/usr/bin/true` may be one. A link
 * to an executable is a name of its own: `reboot` may be a link to `systemctl`, which does far more by its own name. A
 * relative path stands for nothing here: it would be looked up from where the command runs, not from where we look.
 */
function resolveExecutable(name: string, path: string): string | undefined {
  const candidates = name.includes('/') ? [name] : path.split(':').map((directory) => join(directory, name));
  for (const candidate of candidates) {
    if (!isAbsolute(candidate)) return undefined;
    try {
      accessSync(candidate, constants.X_OK);
      return join(realpathSync(dirname(candidate)), basename(candidate));
    } catch {
      // not there: the next one
    }
  }
  return undefined;
}

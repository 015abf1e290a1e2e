import type { SshPolicy } from './policy.ts';

const USER = /^[A-Za-z_][\w.-]{0,63}$/;

/** `ssh:` of policy.yaml. @throws Error that says what is wrong with it */
export function readSshPolicy(value: unknown): SshPolicy {
  const { users = {}, ...others } = mapping(value, 'ssh has the key users');
  const unknown = Object.keys(others);
  if (unknown.length > 0) throw new Error(`ssh has unknown keys (${unknown.join(', ')}); known is users`);
  const entries = Object.entries(mapping(users, 'ssh.users has to map names of SSH to users of this host'));
  for (const [name, user] of entries) {
    if (typeof user !== 'string' || !USER.test(user))
      throw new Error(`ssh.users has ${name}: ${String(user)}, which is not the name of a user of this host`);
  }
  return { users: Object.fromEntries(entries.map(([name, user]) => [name, String(user)])) };
}

function mapping(value: unknown, problem: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(problem);
  return value as Readonly<Record<string, unknown>>; // checked on the line above
}

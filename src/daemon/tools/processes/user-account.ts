import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** How long the host may take to say who somebody is: it may keep its accounts on another machine. */
const LOOKUP_MS = 5000;

const run = promisify(execFile);

export interface UserAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/**
 * In the file that every host has, and else wherever the host keeps its accounts (LDAP, SSSD).
 * @returns `unanswered` when nobody said so in time
 */
export async function findUser(name: string, patienceMs = LOOKUP_MS): Promise<UserAccount | 'unanswered' | undefined> {
  const local = accountsIn(readFileSync('/etc/passwd', 'utf8')).find((account) => account.name === name);
  return local ?? findNamed(name, patienceMs);
}

async function findNamed(name: string, patienceMs: number): Promise<UserAccount | 'unanswered' | undefined> {
  if (!/^[A-Za-z_]/.test(name)) return undefined; // getent takes numbers and options, too
  const line = await look('getent', ['passwd', name], patienceMs);
  return line === 'unanswered' ? line : accountsIn(line ?? '')[0];
}

/** The groups the user is in besides the one of the account, wherever the host keeps them (initgroups(3)). */
export async function findGroups(
  { name, gid }: UserAccount,
  patienceMs = LOOKUP_MS,
): Promise<readonly number[] | 'unanswered'> {
  const groups = await look('id', ['-G', '--', name], patienceMs);
  if (groups === 'unanswered') return groups;
  return (groups ?? '')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number)
    .filter((group) => group !== gid);
}

/** What a program of the host says of its accounts; undefined where it says nothing, or there is none. */
async function look(
  file: string,
  args: readonly string[],
  timeout: number,
): Promise<string | 'unanswered' | undefined> {
  try {
    return (await run(file, args, { timeout, killSignal: 'SIGKILL' })).stdout;
  } catch (error) {
    const isKilled = error instanceof Error && 'killed' in error && error.killed === true;
    return isKilled ? 'unanswered' : undefined;
  }
}

/** Who the daemon runs as. */
export function ownAccount(passwd = readFileSync('/etc/passwd', 'utf8')): UserAccount {
  const uid = process.getuid?.() ?? 0;
  const home = process.env.HOME ?? '/';
  const unnamed = { name: String(uid), uid, gid: process.getgid?.() ?? 0, home, shell: '/bin/sh' };
  return accountsIn(passwd).find((account) => account.uid === uid) ?? unnamed;
}

/** passwd(5) */
function accountsIn(passwd: string): UserAccount[] {
  return passwd.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = '', , home = '', shell = ''] = line.split(':');
    if (!/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return [];
    return [{ name, uid: Number(uid), gid: Number(gid), home: home || '/', shell: shell || '/bin/sh' }];
  });
}

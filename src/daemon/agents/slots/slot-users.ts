import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** Whom a process runs as, as `spawn` takes it. */
export interface SlotUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Nobody gives these numbers to anybody: neither Debian (60000–64999 by request) nor systemd (60706–61183 is unused), so
 * that no account has to be made and a slot shares nothing with one.
 */
const FIRST_UID = 60_800;
export const MOST_SLOTS = 64;

/** The user that fetches repositories; undefined where the daemon cannot become one. */
export function fetchUser(): SlotUser | undefined {
  return userAt(0);
}

/** The user of a slot (from 0); undefined where the daemon is no root and stays who it is. */
export function slotUser(slot: number): SlotUser | undefined {
  return userAt(slot + 1);
}

function userAt(place: number): SlotUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return { uid: FIRST_UID + place, gid: FIRST_UID + place };
}

/** Accounts that have one of the numbers after all. */
export function accountsInTheWay(passwd = readFileSync('/etc/passwd', 'utf8')): string[] {
  return passwd.split('\n').flatMap((line) => {
    const [name = '', , uid = ''] = line.split(':');
    const place = Number(uid) - FIRST_UID;
    return uid !== '' && place >= 0 && place <= MOST_SLOTS ? [name] : [];
  });
}

const run = promisify(execFile);

/** What one user wrote is for the group of another to read. Links are left as they are. */
export async function giveToGroup(directory: string, { gid }: SlotUser): Promise<void> {
  await run('chgrp', ['--recursive', '--no-dereference', '-P', String(gid), '--', directory], { timeout: 600_000 });
}

import { readFileSync } from 'node:fs';

export interface UserAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

export function findUser(name: string, passwd = readFileSync('/etc/passwd', 'utf8')): UserAccount | undefined {
  return accountsIn(passwd).find((account) => account.name === name);
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

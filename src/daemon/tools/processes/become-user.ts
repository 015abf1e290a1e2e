export interface UserIds {
  readonly uid: number;
  readonly gid: number;
  /** Besides `gid`. */
  readonly groups: readonly number[];
}

/** For good: real, effective and saved ids, and the groups the user is in. @throws where any of it is refused */
export function becomeUser({ uid, gid, groups }: UserIds): void {
  process.setgroups?.([gid, ...groups]);
  process.setgid?.(gid);
  process.setuid?.(uid);
  if (process.getuid?.() !== uid || process.geteuid?.() !== uid) throw new Error(`this process is not ${uid}`);
}

/**
 * Who may sign in to the SSH server of this node, as the controller said last. It is kept in the state directory, so that people get
 * in while no controller is there. The whole list replaces the one before; a frame that is lost is made good by the digest, which
 * the node tells in its facts and the controller compares. Names are exact. What a sign-in that fails costs is the same whether
 * the name exists or not.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { Secret } from '#core/kernel/secret.ts';
import { hashPassword, isPasswordOf } from '#core/ssh/password-hash.ts';
import { SshAccess, type SshUser } from '#protocol/gen/garrison/node/v1/node.ts';
import { writeFileAtomically } from '#runtime/write-file-atomically.ts';

export class SshUsers {
  readonly #file: string;
  #access: SshAccess;
  #byName: ReadonlyMap<string, SshUser>;
  /** For names that there are not: a hash is computed for them too. */
  #nobody: Promise<string> | undefined;

  constructor(file: string) {
    this.#file = file;
    this.#access = readKept(file);
    this.#byName = byName(this.#access);
  }

  get digest(): Buffer {
    return this.#access.digest;
  }

  /** Returns the names whose credentials are others than before, or gone. */
  replace(access: SshAccess): string[] {
    const before = this.#byName;
    this.#access = access;
    this.#byName = byName(access);
    this.#keep(access);
    return [...before].filter(([name, user]) => !isSame(user, this.#byName.get(name))).map(([name]) => name);
  }

  /** Where it cannot be written, as on a full disk, nothing is kept: what was there before may let in who is not to come in any more. */
  #keep(access: SshAccess): void {
    try {
      if (access.users.length > 0) return writeFileAtomically(this.#file, SshAccess.encode(access).finish());
    } catch {
      // the controller sends it again to the next life of the daemon, which has no digest then
    }
    try {
      rmSync(this.#file, { force: true });
    } catch {
      // a file system that takes nothing at all: the next life is told again as soon as it has a session
    }
  }

  async isPassword(username: string, password: string): Promise<boolean> {
    this.#nobody ??= hashPassword(new Secret('nobody has this password'));
    const hash = this.#byName.get(username)?.passwordHash;
    const isRight = await isPasswordOf(hash || (await this.#nobody), new Secret(password));
    return isRight && hash !== undefined && hash !== '' && this.#byName.get(username)?.passwordHash === hash;
  }

  /** @param key the public key in the form of RFC 4253 §6.6 */
  hasKey(username: string, key: Uint8Array): boolean {
    const keys = this.#byName.get(username)?.publicKeys ?? [];
    return keys.some((line) => isEqual(Buffer.from(line.trim().split(/\s+/)[1] ?? '', 'base64'), key));
  }
}

function readKept(file: string): SshAccess {
  try {
    return SshAccess.decode(readFileSync(file));
  } catch {
    return SshAccess.fromPartial({}); // none, or torn: the controller sends it again
  }
}

function byName({ users }: SshAccess): ReadonlyMap<string, SshUser> {
  return new Map(users.map((user) => [user.username, user]));
}

function isSame(user: SshUser, other: SshUser | undefined): boolean {
  if (other?.passwordHash !== user.passwordHash) return false;
  return user.publicKeys.every((key) => other.publicKeys.includes(key));
}

function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
  return timingSafeEqual(digest(left), digest(right));
}

import { existsSync, readFileSync } from 'node:fs';
import { writeFileAtomically } from '#runtime/write-file-atomically.ts';

/** The key a host is known by to SSH clients: Ed25519 (RFC 8709), made once and kept. */
export interface HostKey {
  /** In OpenSSH's own form. */
  readonly privateKey: string;
  /** Type and key in base64, as in known_hosts behind the name. */
  readonly publicLine: string;
}

export async function keepHostKey(file: string): Promise<HostKey> {
  if (!existsSync(file) || !existsSync(`${file}.pub`)) {
    const { utils } = await import('./load-ssh2.ts');
    const made = utils.generateKeyPairSync('ed25519');
    writeFileAtomically(file, made.private);
    writeFileAtomically(`${file}.pub`, `${made.public}\n`);
  }
  const [type = '', key = ''] = readFileSync(`${file}.pub`, 'utf8').trim().split(/\s+/);
  return { privateKey: readFileSync(file, 'utf8'), publicLine: `${type} ${key}` };
}

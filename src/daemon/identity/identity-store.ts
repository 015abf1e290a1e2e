/**
 * The identity on the disk: one file that holds key, certificates and endpoints together, replaced in one step. A crash
 * in the middle of a renewal leaves either the old pair or the new one, never a key without its certificate.
 */
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { writeFileAtomically } from '#runtime/write-file-atomically.ts';
import { DaemonError, messageOf } from '../daemon-error.ts';
import type { StateDir } from '../state-dir/state-dir.ts';
import { certificateLife, type Identity } from './identity.ts';

/** @throws DaemonError `identity_unusable` when there is one that cannot be read; undefined when there is none. */
export function loadIdentity(stateDir: StateDir): Identity | undefined {
  if (!existsSync(stateDir.identityFile)) return undefined;
  try {
    if ((statSync(stateDir.identityFile).mode & 0o077) !== 0) chmodSync(stateDir.identityFile, 0o600);
    const identity = readIdentity(JSON.parse(readFileSync(stateDir.identityFile, 'utf8')));
    certificateLife(identity);
    return identity;
  } catch (error) {
    throw new DaemonError(
      'identity_unusable',
      `${stateDir.identityFile} cannot be read (${messageOf(error)}); put it back from a backup, or join again with --rejoin`,
      { cause: error },
    );
  }
}

export function saveIdentity(stateDir: StateDir, identity: Identity): void {
  writeFileAtomically(stateDir.identityFile, `${JSON.stringify(identity, undefined, 2)}\n`);
}

const TEXTS = ['nodeId', 'tenantId', 'clusterName', 'privateKey', 'certificateChain', 'caBundle'] as const;

function readIdentity(value: unknown): Identity {
  if (typeof value !== 'object' || value === null) throw new Error('it is not an object');
  const fields = value as Readonly<Record<string, unknown>>; // checked on the line above
  for (const name of TEXTS) if (typeof fields[name] !== 'string') throw new Error(`${name} is missing`);
  if (!Array.isArray(fields.endpoints)) throw new Error('endpoints is missing');
  return value as Identity; // checked field by field; we are its only writer
}

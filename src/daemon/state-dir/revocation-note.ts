import { readFileSync } from 'node:fs';
import { writeFileAtomically } from '#runtime/write-file-atomically.ts';
import type { StateDir } from './state-dir.ts';

export interface RevocationNote {
  readonly nodeId: string;
  readonly reason: string;
  readonly at: string;
}

/** A revoked node does not come back by itself, not even when its service is started again. */
export function noteRevocation(stateDir: StateDir, note: RevocationNote): void {
  writeFileAtomically(stateDir.revokedFile, `${JSON.stringify(note)}\n`);
}

export function readRevocation(stateDir: StateDir): RevocationNote | undefined {
  try {
    return JSON.parse(readFileSync(stateDir.revokedFile, 'utf8')) as RevocationNote; // a daemon is its only writer
  } catch {
    return undefined;
  }
}

import { readFileSync, rmSync } from 'node:fs';
import { writeFileAtomically } from '#runtime/write-file-atomically.ts';
import type { StateDir } from '../state-dir/state-dir.ts';

/** An update that has begun to take place: in the state directory from before the switch until its end has been told. */
export interface UpdateRecord {
  readonly executionId: string;
  /** Names of the releases in their directory. */
  readonly from: string;
  readonly to: string;
  readonly fromVersion: string;
  readonly toVersion: string;
  readonly counter: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

type Files = Pick<StateDir, 'updateFile' | 'releaseCounterFile'>;

export function readUpdateRecord({ updateFile }: Files): UpdateRecord | undefined {
  const text = readIfThere(updateFile);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as UpdateRecord; // ours, written whole
  } catch {
    return undefined;
  }
}

export function writeUpdateRecord({ updateFile }: Files, record: UpdateRecord): void {
  writeFileAtomically(updateFile, JSON.stringify(record));
}

export function removeUpdateRecord({ updateFile }: Files): void {
  rmSync(updateFile, { force: true });
}

/** The counter of the newest release that was good here; 0 where none came by an update yet. */
export function readReleaseCounter({ releaseCounterFile }: Files): number {
  const counter = Number(readIfThere(releaseCounterFile) ?? 0);
  return Number.isSafeInteger(counter) ? counter : 0;
}

export function writeReleaseCounter({ releaseCounterFile }: Files, counter: number): void {
  writeFileAtomically(releaseCounterFile, `${counter}\n`);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

import { readFileSync } from 'node:fs';
import { replaceFile } from '#runtime/write-file-atomically.ts';
import type { DaemonStatus } from '../create-daemon.ts';
import type { StateDir } from './state-dir.ts';

/** What a running daemon says of itself, for `garrison node status`. */
export interface WrittenStatus extends DaemonStatus {
  readonly pid: number;
  readonly version: string;
  readonly startedAt: string;
  readonly writtenAt: string;
  readonly nodeId: string;
  readonly clusterName: string;
  readonly certificateEndsAt: string;
  readonly endpoints: readonly string[];
}

/** Whole, but not for ever: after a power cut it may be gone. */
export function writeStatus(stateDir: StateDir, status: WrittenStatus): void {
  replaceFile(stateDir.statusFile, `${JSON.stringify(status)}\n`);
}

/** Undefined when no daemon has ever written one. */
export function readStatus(stateDir: StateDir): WrittenStatus | undefined {
  try {
    return JSON.parse(readFileSync(stateDir.statusFile, 'utf8')) as WrittenStatus; // a daemon is its only writer
  } catch {
    return undefined;
  }
}

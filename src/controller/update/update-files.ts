/** What an update of a controller keeps beside its releases: the key, the counter that was reached, and what is on trial. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { ReleasesDirectory } from '#protocol/releases/releases-directory.ts';
import { MinisignFormatError, type MinisignPublicKey, readPublicKey } from '#runtime/minisign/public-key.ts';
import { syncDirectory, writeFileAtomically } from '#runtime/write-file-atomically.ts';

/** A release that has taken the place of another, or is about to, and nobody has said yet that it is good. */
export interface ControllerTrial {
  /** Names of the releases in their directory. */
  readonly from: string;
  readonly to: string;
  readonly fromVersion: string;
  readonly toVersion: string;
  readonly counter: number;
  /** It changes the schema in a way that the release before cannot work with. */
  readonly isOneWay: boolean;
  /** The process that keeps the controller running; null where a service does. */
  readonly supervisor: number | null;
}

const KEY = 'release-key.pub';
const COUNTER = 'release-counter';
/** The supervisor looks whether it is there. */
const TRIAL = 'controller-trial';

/** The key that releases of this controller have to be signed by: kept beside them, or brought along by the present one. */
export function keptReleaseKey(releases: ReleasesDirectory, ownRoot: string): MinisignPublicKey | undefined {
  const file = [join(releases.path, KEY), join(ownRoot, KEY)].find((path) => existsSync(path));
  return file === undefined ? undefined : parseKey(readFileSync(file, 'utf8'), file);
}

/** @throws FleetError `conflict` when another one is kept: whoever may replace it removes that file first */
export function keepReleaseKey(releases: ReleasesDirectory, ownRoot: string, file: string): MinisignPublicKey {
  const key = parseKey(readFileSync(file, 'utf8'), file);
  const kept = keptReleaseKey(releases, ownRoot);
  if (kept !== undefined && kept.text !== key.text)
    throw new FleetError(
      'conflict',
      `releases of this controller have to be signed by ${kept.text}. A release that is signed by it may bring the next key along; nothing else replaces it`,
    );
  writeFileAtomically(join(releases.path, KEY), `${key.text}\n`, 0o644);
  return key;
}

/** A release that was good may have brought the next key along, since it was signed by the present one. */
export function takeKeyOver(releases: ReleasesDirectory, release: string): void {
  const file = join(releases.pathOf(release), KEY);
  if (!existsSync(file)) return;
  writeFileAtomically(join(releases.path, KEY), `${parseKey(readFileSync(file, 'utf8'), file).text}\n`, 0o644);
}

/** 0 where none came by an update yet. */
export function reachedCounter(releases: ReleasesDirectory): number {
  const counter = Number(readIfThere(join(releases.path, COUNTER)) ?? 0);
  return Number.isSafeInteger(counter) ? counter : 0;
}

export function writeReachedCounter(releases: ReleasesDirectory, counter: number): void {
  writeFileAtomically(join(releases.path, COUNTER), `${counter}\n`, 0o644);
}

export function readTrial(releases: ReleasesDirectory): ControllerTrial | undefined {
  const text = readIfThere(join(releases.path, TRIAL));
  return text === undefined ? undefined : (JSON.parse(text) as ControllerTrial); // ours, written whole
}

export function writeTrial(releases: ReleasesDirectory, trial: ControllerTrial): void {
  writeFileAtomically(join(releases.path, TRIAL), JSON.stringify(trial), 0o644);
}

export function removeTrial(releases: ReleasesDirectory): void {
  rmSync(join(releases.path, TRIAL), { force: true });
  syncDirectory(releases.path);
}

function parseKey(text: string, file: string): MinisignPublicKey {
  try {
    return readPublicKey(text);
  } catch (error) {
    if (error instanceof MinisignFormatError)
      throw new FleetError('invalid', `${file}: ${error.message}`, { cause: error });
    throw error;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

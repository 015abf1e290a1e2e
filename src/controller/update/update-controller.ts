/**
 * Brings the controller of this machine to another release, run by whoever may write beside the releases: the controller itself
 * may not, so that what breaks into it cannot replace it.
 *
 * judged     by the rules of a node (`verify-bundle.ts`), then unpacked beside the present release. Until here nothing was changed
 * in turn    no other controller of the database is being updated (`in-turn.ts`). Migrations that the others would not survive are
 *            refused (`refuse-migrations.ts`)
 * switched   `controller-trial` is written, then the link, then the controller is restarted: it ends as it does on TERM, so its
 *            nodes go to the others and its lease is given back
 * on trial   until it is ready, as the new release (`judge-trial.ts`). Then its counter counts and the trial is removed. When it is not ready in
 *            time, the link leads back, and the former release is restarted
 *
 * Whoever is killed in between leaves the trial there: the next call settles it first, by the same rule.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { SPOKEN_PROTOCOL_VERSIONS } from '#protocol/protocol-version.ts';
import type { ReleaseManifest } from '#protocol/releases/manifest.ts';
import type { ReleasesDirectory } from '#protocol/releases/releases-directory.ts';
import { unpackRelease } from '#protocol/releases/unpack-release.ts';
import { UpdateFailed } from '#protocol/releases/update-failed.ts';
import { DirectoryInUse, type DirectoryLock, lockDirectory } from '#runtime/directory-lock.ts';
import { ownPackage } from '#runtime/own-package.ts';
import { inTurn } from './in-turn.ts';
import { judgeTrial } from './judge-trial.ts';
import { refuseUnsafeMigrations } from './refuse-migrations.ts';
import { keepReleaseKey, keptReleaseKey, reachedCounter, readTrial, removeTrial, writeTrial } from './update-files.ts';
import type { UpdateControllerOptions } from './update-options.ts';
import { ownReleasesDirectory, type UpdatePlace, updatePlaceOf } from './update-place.ts';
import { verifyBundle } from './verify-bundle.ts';

export interface ControllerUpdate {
  readonly version: string;
  readonly previousVersion: string;
  /** False: it is the release that ran already. */
  readonly isChanged: boolean;
}

/** @throws FleetError with the reason why the controller stays at, or went back to, the release before */
export async function updateController(options: UpdateControllerOptions): Promise<ControllerUpdate> {
  const releases = ownReleasesDirectory();
  if (options.releaseKey !== undefined) keepReleaseKey(releases, ownPackage.root, options.releaseKey);
  const place = updatePlaceOf(releases, options);
  const lock = lockUpdates(releases);
  try {
    return await inTurn(place, options, async () => {
      await settleFormer(place, options);
      return update(place, options);
    });
  } finally {
    lock.release();
  }
}

/** @throws FleetError `conflict` when another call is at it on this machine */
function lockUpdates(releases: ReleasesDirectory): DirectoryLock {
  try {
    return lockDirectory(join(releases.path, '.update'), 'garrison controller update');
  } catch (error) {
    if (error instanceof DirectoryInUse) throw new FleetError('conflict', error.message, { cause: error });
    throw error;
  }
}

/** An update that was cut off: what it left is good, or is left. */
async function settleFormer(place: UpdatePlace, options: UpdateControllerOptions): Promise<void> {
  const trial = readTrial(place.releases);
  if (trial === undefined) return;
  if (place.releases.current !== trial.to) return removeTrial(place.releases);
  options.tell(`an update to ${trial.toVersion} was cut off; looking whether it is good`);
  await judgeTrial(place, trial, options).catch((error: Error) => options.tell(error.message));
}

async function update(place: UpdatePlace, options: UpdateControllerOptions): Promise<ControllerUpdate> {
  const { releases, config } = place;
  const from = releases.current;
  if (from === undefined) throw new FleetError('conflict', 'the link "current" leads nowhere any more');
  const fromVersion = versionOf(releases.pathOf(from));
  const manifest = await judged(releases, options);
  if (manifest === undefined) return { version: fromVersion, previousVersion: fromVersion, isChanged: false };
  const { version, counter } = manifest;
  const to = `${version}-${counter}`;
  options.tell(`unpacking ${version} beside ${fromVersion}`);
  await unpacked(options.bundle, { releases, name: to, version, signal: options.signal });
  const isOneWay = await refuseUnsafeMigrations(config, join(releases.pathOf(to), 'migrations'), options);
  const supervisor = place.supervisor ?? null;
  const trial = { from, to, fromVersion, toVersion: version, counter, isOneWay, supervisor };
  writeTrial(releases, trial);
  releases.switchTo(to);
  options.tell(`restarting as ${version}`);
  await judgeTrial(place, trial, options, place.restart);
  return { version, previousVersion: fromVersion, isChanged: true };
}

async function judged(
  releases: ReleasesDirectory,
  { bundle }: UpdateControllerOptions,
): Promise<ReleaseManifest | undefined> {
  const key = keptReleaseKey(releases, ownPackage.root);
  if (key === undefined)
    throw new FleetError(
      'conflict',
      'this controller has no release key, so nothing can be verified: give it once with --release-key FILE',
    );
  const platform = `${process.platform}-${process.arch}`;
  return verifyBundle(bundle, key, {
    platform,
    protocols: SPOKEN_PROTOCOL_VERSIONS,
    counter: reachedCounter(releases),
  });
}

async function unpacked(bundle: string, unpacking: Parameters<typeof unpackRelease>[1]): Promise<void> {
  try {
    await unpackRelease(bundle, unpacking);
  } catch (error) {
    if (error instanceof UpdateFailed) throw new FleetError('invalid', error.message, { cause: error });
    throw error;
  }
}

function versionOf(root: string): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version; // of a release
}

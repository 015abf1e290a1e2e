/**
 * Brings the controller of this machine to another release, run by whoever may write beside the releases: the controller itself
 * may not, so that what breaks into it cannot replace it.
 *
 * judged     by the rules of a node (`verify-bundle.ts`), then unpacked beside the present release. Until here nothing was changed
 * in turn    no other controller of the database is being updated. Migrations that the others would not survive are refused
 * switched   `controller-trial` is written, then the link, then the controller is restarted: it ends as it does on TERM, so its
 *            nodes go to the others and its lease is given back
 * on trial   until it is ready, as the new release. Then its counter counts and the trial is removed. When it is not ready in
 *            time, the link leads back, and the former release is restarted
 *
 * Whoever is killed in between leaves the trial there: the next call settles it first, by the same rule.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { missingMigrations } from '#adapters/postgres/migrate.ts';
import { type Migration, readMigrations } from '#adapters/postgres/migration-files.ts';
import { giveUpdateTurnBack, namesOfLiveControllers, takeUpdateTurn } from '#core/controllers/update-turn.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { SPOKEN_PROTOCOL_VERSIONS } from '#protocol/protocol-version.ts';
import type { ReleaseManifest } from '#protocol/releases/manifest.ts';
import { ReleasesDirectory } from '#protocol/releases/releases-directory.ts';
import { unpackRelease } from '#protocol/releases/unpack-release.ts';
import { UpdateFailed } from '#protocol/releases/update-failed.ts';
import { DirectoryInUse, type DirectoryLock, lockDirectory } from '#runtime/directory-lock.ts';
import { ownPackage } from '#runtime/own-package.ts';
import { type ControllerConfig, readConfig } from '../config.ts';
import { withDatabase } from '../with-database.ts';
import { environmentOf, findRunningController, isSupervisor, restartSupervised } from './running-controller.ts';
import {
  type ControllerTrial,
  keepReleaseKey,
  keptReleaseKey,
  reachedCounter,
  readTrial,
  removeTrial,
  takeKeyOver,
  writeReachedCounter,
  writeTrial,
} from './update-files.ts';
import { verifyBundle } from './verify-bundle.ts';

export interface UpdateControllerOptions {
  readonly bundle: string;
  /** As commander gives them: those that say which controller is meant. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: NodeJS.ProcessEnv;
  /** Pins it, where none is pinned. */
  readonly releaseKey: string | undefined;
  /** How long the new release may take until it is ready. */
  readonly readyWithinMs: number;
  /** How long others are waited for. */
  readonly turnWithinMs: number;
  /** Migrations are applied that there is no way back from. */
  readonly isOneWay: boolean;
  /** Restarts a controller that no supervisor of ours keeps running; undefined where none was named. */
  readonly restartService: (() => Promise<void>) | undefined;
  readonly tell: (what: string) => void;
  readonly signal: AbortSignal;
}

export interface ControllerUpdate {
  readonly version: string;
  readonly previousVersion: string;
  /** False: it is the release that ran already. */
  readonly isChanged: boolean;
}

const LOOK_EVERY_MS = 250;
const PROBE_MS = 3_000;
/** The former release is waited for so long at least. */
const BACK_WITHIN_MS = 120_000;

/** @throws FleetError with the reason why the controller stays at, or went back to, the release before */
export async function updateController(options: UpdateControllerOptions): Promise<ControllerUpdate> {
  const releases = ownReleasesDirectory();
  if (options.releaseKey !== undefined) keepReleaseKey(releases, ownPackage.root, options.releaseKey);
  const place = placeOf(releases, options);
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

/** Where the controller is, and what it is started from. */
interface Place {
  readonly releases: ReleasesDirectory;
  readonly config: ControllerConfig;
  readonly supervisor: number | undefined;
  readonly restart: () => Promise<void>;
}

/** Where this program is one of the releases: the present one, or another when that does not run at all. */
function ownReleasesDirectory(): ReleasesDirectory {
  const root = realpathSync(ownPackage.root);
  const releases = new ReleasesDirectory(dirname(root));
  if (releases.current !== undefined) return releases;
  throw new FleetError(
    'conflict',
    `there is no link "current" beside this program (${root}), so no release can take its place. Packages are updated by their package manager, containers by their image; docs/operations/upgrade.md says how a release is installed`,
  );
}

function placeOf(releases: ReleasesDirectory, { flags, env, restartService }: UpdateControllerOptions): Place {
  const { dataDir } = readConfig({ flags, env });
  const running = findRunningController(dataDir);
  const trial = readTrial(releases);
  if (running === undefined && trial === undefined)
    throw new FleetError(
      'conflict',
      `no controller runs on ${dataDir}: start it first, or name another with --data-dir`,
    );
  if (running !== undefined && dirname(running.root) !== releases.path)
    throw new FleetError(
      'conflict',
      `the controller on ${dataDir} runs from ${running.root}, not from ${join(releases.path, 'current')}: start it from there first`,
    );
  const supervisor = running?.supervisor ?? supervisorOf(trial);
  const itsEnvironment = running?.env ?? (supervisor === undefined ? {} : environmentOf(supervisor));
  const config = readConfig({ flags, env: { ...itsEnvironment, ...env } });
  return { releases, config, supervisor, restart: restartOf(supervisor, restartService) };
}

function supervisorOf(trial: ControllerTrial | undefined): number | undefined {
  const pid = trial?.supervisor ?? undefined;
  return pid !== undefined && isSupervisor(pid) ? pid : undefined;
}

function restartOf(supervisor: number | undefined, service: (() => Promise<void>) | undefined): () => Promise<void> {
  if (service !== undefined) return service;
  if (supervisor !== undefined) return () => restartSupervised(supervisor);
  throw new FleetError(
    'conflict',
    'nobody would start the controller again: name its service of systemd with --service, or run it as garrison controller --supervised',
  );
}

/** The row of the turn ends by itself, should we be killed while we have it. */
async function inTurn<T>(place: Place, options: UpdateControllerOptions, work: () => Promise<T>): Promise<T> {
  const id = randomUUID();
  const { config } = place;
  const heldBy = config.controllerName;
  const forMs = 3 * options.readyWithinMs + 2 * BACK_WITHIN_MS;
  const deadline = performance.now() + options.turnWithinMs;
  let told = '';
  for (;;) {
    const other = await withDatabase(config, 'beside a controller', (db) => takeUpdateTurn(db, { id, heldBy, forMs }));
    if (other === undefined) break;
    if (performance.now() > deadline)
      throw new FleetError('conflict', `${other.heldBy} is being updated, until ${other.endsAt.toISOString()} at most`);
    if (told !== other.heldBy) options.tell(`waiting for ${other.heldBy}, which is being updated`);
    told = other.heldBy;
    await delay(1_000, undefined, { signal: options.signal });
  }
  try {
    return await work();
  } finally {
    await withDatabase(config, 'beside a controller', (db) => giveUpdateTurnBack(db, id)).catch((error: Error) =>
      options.tell(`the turn could not be given back and ends by itself: ${error.message}`),
    );
  }
}

/** An update that was cut off: what it left is good, or is left. */
async function settleFormer(place: Place, options: UpdateControllerOptions): Promise<void> {
  const trial = readTrial(place.releases);
  if (trial === undefined) return;
  if (place.releases.current !== trial.to) return removeTrial(place.releases);
  options.tell(`an update to ${trial.toVersion} was cut off; looking whether it is good`);
  await judgeTrial(place, trial, options).catch((error: Error) => options.tell(error.message));
}

async function update(place: Place, options: UpdateControllerOptions): Promise<ControllerUpdate> {
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

/** Whether there will be no way back. @throws FleetError `conflict` when that was not asked for, or others would stop working */
async function refuseUnsafeMigrations(
  config: ControllerConfig,
  directory: string,
  { isOneWay }: UpdateControllerOptions,
): Promise<boolean> {
  const migrations = await readMigrations(directory);
  const [missing, others] = await withDatabase(config, 'beside a controller', async (db) => [
    await missingMigrations(db, migrations),
    (await namesOfLiveControllers(db)).filter((name) => name !== config.controllerName),
  ]);
  const breaking = missing.filter((migration: Migration) => migration.isBreaking).map(({ name }) => name);
  if (breaking.length === 0) return false;
  const names = breaking.join(', ');
  if (others.length > 0)
    throw new FleetError(
      'conflict',
      `the release changes the schema (${names}) in a way that the controllers of the present one do not understand: stop ${others.join(', ')} first, and update them before they start again`,
    );
  if (isOneWay) return true;
  throw new FleetError(
    'conflict',
    `the release changes the schema (${names}) so that there is no way back but a backup: make one (garrison backup), then repeat this with --one-way`,
  );
}

/** Ends the trial, one way or the other. @throws FleetError when the controller went back */
async function judgeTrial(
  place: Place,
  trial: ControllerTrial,
  { readyWithinMs, tell, signal }: UpdateControllerOptions,
  restart: () => Promise<void> = async () => {},
): Promise<void> {
  const { releases } = place;
  let why = await failureOf(restart);
  why ??= await whyNotReady(place, trial.to, readyWithinMs, signal);
  if (why === undefined) {
    writeReachedCounter(releases, trial.counter);
    takeKeyOver(releases, trial.to);
    removeTrial(releases);
    releases.keepOnly([trial.to, trial.from]);
    return;
  }
  if (trial.isOneWay) {
    removeTrial(releases);
    throw new FleetError('unavailable', `${trial.toVersion} ${why}. It stays, because its schema is in place`);
  }
  tell(`${trial.toVersion} ${why}; going back to ${trial.fromVersion}`);
  releases.switchTo(trial.from);
  const whyNotBack =
    (await failureOf(place.restart)) ??
    (await whyNotReady(place, trial.from, Math.max(readyWithinMs, BACK_WITHIN_MS), signal));
  removeTrial(releases);
  const back = whyNotBack === undefined ? 'is back' : `was put back and ${whyNotBack}`;
  throw new FleetError('unavailable', `${trial.toVersion} ${why}; ${trial.fromVersion} ${back}`);
}

async function failureOf(restart: () => Promise<void>): Promise<string | undefined> {
  try {
    await restart();
    return undefined;
  } catch (error) {
    return `could not be started: ${(error as Error).message}`; // execFile throws errors
  }
}

/** Undefined as soon as the release of this name answers that it is ready. */
async function whyNotReady(
  { releases, config }: Place,
  name: string,
  withinMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const running = findRunningController(config.dataDir);
    const isOurs = running?.root === releases.pathOf(name);
    if (isOurs && (await isReady(config.dataDir))) return undefined;
    if (performance.now() > deadline) {
      const seconds = Math.round(withinMs / 1_000);
      return running === undefined || isOurs
        ? `was not ready within ${seconds} seconds`
        : `did not start: what runs is ${running.root}`;
    }
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

async function isReady(dataDir: string): Promise<boolean> {
  try {
    const { api } = JSON.parse(readFileSync(join(dataDir, 'profile.json'), 'utf8')) as { api: string }; // written by it, when it was ready
    const answer = await fetch(`${api}/health/ready`, { signal: AbortSignal.timeout(PROBE_MS) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}

function versionOf(root: string): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version; // of a release
}

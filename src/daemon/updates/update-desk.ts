/**
 * Brings this daemon to another release and tells how it ended, over two of its lives.
 *
 * judged     by what is signed: refused, or accepted (`Started`). A daemon that dies from here to the switch has changed
 *            nothing; what was fetched is kept for the next order
 * fetched    the bundle is on the disk and proved; then it is unpacked beside the present release and says its version
 * waiting    for what else runs on the node, as long as the order says; then the switch, in one go:
 *            record, probation, link (`releases-directory.ts`), and the daemon ends. The execution outlives it
 * on trial   the next life, under the new release. Welcomed: the probation ends, its counter counts, the execution ends `ok`.
 *            Otherwise `start` puts the former release back, whose life ends the execution as `update_rolled_back`
 */

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SPOKEN_PROTOCOL_VERSIONS } from '#protocol/protocol-version.ts';
import type { ReleasesDirectory } from '#protocol/releases/releases-directory.ts';
import { unpackRelease } from '#protocol/releases/unpack-release.ts';
import { UpdateFailed } from '#protocol/releases/update-failed.ts';
import type { SelfUpdateArgs } from '#protocol/tools/self-update.ts';
import { aborted } from '#runtime/aborted.ts';
import type { Log } from '#runtime/log.ts';
import { messageOf } from '../daemon-error.ts';
import {
  type ExecutionIo,
  failed,
  GOES_ON,
  type StopReason,
  stopped,
  type ToolEnding,
  type ToolEndingOrNone,
  type ToolIo,
} from '../executions/executor.ts';
import type { StateDir } from '../state-dir/state-dir.ts';
import { fetchBundle } from './fetch-bundle.ts';
import { judgeRelease } from './judge-release.ts';
import { KEY_OF_RELEASE, pinnedReleaseKey, pinReleaseKey } from './release-key.ts';
import { untilIdle } from './until-idle.ts';
import {
  readReleaseCounter,
  readUpdateRecord,
  removeUpdateRecord,
  type UpdateRecord,
  writeReleaseCounter,
  writeUpdateRecord,
} from './update-record.ts';

export interface UpdateDeskParts {
  readonly stateDir: Pick<StateDir, 'updateFile' | 'releaseCounterFile' | 'releaseKeyFile'>;
  /** Undefined: this daemon was not started by the start script of a directory of releases. */
  readonly releases: ReleasesDirectory | undefined;
  /** The operator of the host lets the daemon be updated from outside. */
  readonly isEnabled: boolean;
  readonly own: { readonly root: string; readonly version: string };
  /** How long the next life may take until it is welcomed. */
  readonly probationMs: number;
  /** Executions besides the update itself that would not survive an end of the daemon. */
  readonly othersRunning: () => number;
  /** The journal says that a former life has started it, and not how it ended. */
  readonly hasStarted: (executionId: string) => boolean;
  readonly log: Log;
}

const DEFAULT_WAIT_SECONDS = 600;

export class UpdateDesk {
  readonly #parts: UpdateDeskParts;
  readonly #restart = Promise.withResolvers<void>();
  readonly #welcomed = Promise.withResolvers<void>();
  #isBusy = false;
  #record: UpdateRecord | undefined;

  constructor(parts: UpdateDeskParts) {
    this.#parts = parts;
    parts.releases?.removeDrafts();
    this.#record = readUpdateRecord(parts.stateDir);
    this.#forgetWhatWasTold();
    if (this.#record !== undefined && !this.#isOnTrial) parts.releases?.endProbation();
  }

  /** Resolves when the daemon is to end, so that the other release is started. */
  get restart(): Promise<void> {
    return this.#restart.promise;
  }

  /** The switch has begun, and its end was not told. */
  has(executionId: string): boolean {
    return this.#record?.executionId === executionId;
  }

  /** Its end is in the journal. */
  forget(executionId: string): void {
    if (!this.has(executionId)) return;
    this.#parts.releases?.forgetRollBack();
    removeUpdateRecord(this.#parts.stateDir);
    this.#record = undefined;
  }

  async run(args: SelfUpdateArgs, io: ToolIo, executionId: string): Promise<ToolEndingOrNone> {
    if (this.#isBusy || this.#record !== undefined)
      return failed('update_failed', 'another update of this node is under way');
    this.#isBusy = true;
    try {
      return await this.#run(args, io, executionId);
    } catch (error) {
      if (io.signal.aborted) return stopped(io.signal.reason as StopReason, false); // only those are given
      if (error instanceof UpdateFailed) return failed(error.code, error.message);
      if (isDiskFull(error)) return this.#makeRoom();
      return failed('update_failed', `the release could not be brought here: ${messageOf(error)}`);
    } finally {
      this.#isBusy = false;
    }
  }

  /** A former life of the daemon has switched to another release. */
  async takeUp(io: ExecutionIo): Promise<ToolEndingOrNone> {
    const record = this.#record;
    if (record === undefined) return failed('internal', 'nothing is known of this update any more');
    io.started(undefined, record.startedAt);
    if (!this.#isOnTrial) return this.#rolledBack(record);
    const isAborted = aborted(io.signal).then(() => true);
    if (await Promise.race([this.#welcomed.promise, isAborted])) return GOES_ON;
    return { outcome: 'ok', result: { version: record.toVersion, previous_version: record.fromVersion } };
  }

  /** A controller has let this daemon in: the release it runs is good. A life that was cut off in here leaves the rest to the next one. */
  welcomed(): void {
    const { releases, stateDir, own, log } = this.#parts;
    const record = this.#record;
    if (releases === undefined) return;
    if (record !== undefined && this.#isOnTrial) {
      writeReleaseCounter(stateDir, record.counter);
      this.#takeKeyOver();
      releases.endProbation();
      releases.keepOnly([record.to, record.from]);
      log.info({ version: own.version, previous: record.fromVersion }, 'the new release is good: it stays');
      this.#welcomed.resolve();
    } else if (releases.isOnProbation) releases.endProbation();
  }

  get #isOnTrial(): boolean {
    return this.#record !== undefined && this.#parts.releases?.current === this.#record.to;
  }

  /** A life that was cut off between the journal and here has left a record of what is over. */
  #forgetWhatWasTold(): void {
    const record = this.#record;
    if (record !== undefined && !this.#parts.hasStarted(record.executionId)) this.forget(record.executionId);
  }

  async #run(args: SelfUpdateArgs, io: ToolIo, executionId: string): Promise<ToolEndingOrNone> {
    const { releases, stateDir, own, othersRunning, isEnabled } = this.#parts;
    if (!isEnabled) return failed('updates_disabled', DISABLED);
    const former = releases?.current;
    if (releases === undefined || former === undefined) return failed('not_updatable', NOT_UPDATABLE);
    const key = pinnedReleaseKey(stateDir, own.root);
    if (key === undefined) return failed('no_release_key', NO_KEY);
    const counter = readReleaseCounter(stateDir);
    const standing = {
      platform: `${process.platform}-${process.arch}`,
      protocols: SPOKEN_PROTOCOL_VERSIONS,
      key,
      counter,
    };
    const judged = judgeRelease(args, standing);
    if (judged === 'present') return { outcome: 'ok', result: { version: own.version, previous_version: own.version } };
    if ('ending' in judged) return judged.ending;
    const startedAt = Date.now();
    io.started();
    const { release } = judged;
    const { version, counter: reached } = release.manifest;
    const name = `${version}-${reached}`;
    const bundle = await fetchBundle({ release, key, incoming: releases.incoming, files: io.files, signal: io.signal });
    await unpackRelease(bundle, { releases, name, version, signal: io.signal });
    const waitMs = (args.wait_secs ?? DEFAULT_WAIT_SECONDS) * 1_000;
    if (!args.interrupt && !(await untilIdle(othersRunning, waitMs, io.signal)))
      return failed('node_busy', `other executions still ran after ${waitMs / 1_000} s; nothing was interrupted`);
    this.#switch(releases, {
      executionId,
      from: former,
      to: name,
      fromVersion: own.version,
      toVersion: version,
      counter: reached,
      startedAt,
    });
    await aborted(io.signal);
    return GOES_ON;
  }

  /** Nothing is waited for in here, so that nothing new begins in between. */
  #switch(releases: ReleasesDirectory, record: UpdateRecord): void {
    const { stateDir, probationMs, log } = this.#parts;
    this.#record = record;
    writeUpdateRecord(stateDir, record);
    releases.beginProbation(record.from, Math.ceil(probationMs / 1_000));
    releases.switchTo(record.to);
    log.info({ from: record.fromVersion, to: record.toVersion }, 'the daemon ends, to go on as another release');
    this.#restart.resolve();
  }

  /** What was fetched is kept for the next order, but not on a disk that is full: others need the room too. */
  #makeRoom(): ToolEnding {
    const { releases } = this.#parts;
    if (releases !== undefined) rmSync(releases.incoming, { recursive: true, force: true });
    return failed('update_failed', 'the disk of the node has no room for the release; what had come of it was removed');
  }

  #rolledBack({ toVersion }: UpdateRecord): ToolEnding {
    const why = this.#parts.releases?.whyRolledBack;
    if (why === undefined)
      return failed(
        'update_failed',
        `version ${toVersion} did not take its place: the daemon was ended before, or somebody put another release there`,
      );
    return failed('update_rolled_back', `version ${toVersion} was left for the one before it: ${why}`);
  }

  /** A release may bring the next key along, since it was signed with the present one. */
  #takeKeyOver(): void {
    const { stateDir, own, log } = this.#parts;
    const file = join(own.root, KEY_OF_RELEASE);
    if (!existsSync(file)) return;
    try {
      pinReleaseKey(stateDir, readFileSync(file, 'utf8'));
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'the release key that the release brings along cannot be kept');
    }
  }
}

const DISABLED = 'this host does not let its daemon be updated from outside; set SELF_UPDATE_ENABLED=true there';
const NOT_UPDATABLE =
  'this daemon was not started from a directory of releases, so there would be no way back; install it as docs/recipes/update-nodes.md says';
const NO_KEY =
  'this node has no release key, so nothing can be verified; set it on the host with garrison node release-key set';

function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? ''); // fs throws those
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { findRunningController } from './running-controller.ts';
import { type ControllerTrial, removeTrial, takeKeyOver, writeReachedCounter } from './update-files.ts';
import type { UpdateControllerOptions } from './update-options.ts';
import type { UpdatePlace } from './update-place.ts';

/** The former release is waited for so long at least. */
export const BACK_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 250;
const PROBE_MS = 3_000;

/** Ends the trial, one way or the other. @throws FleetError when the controller went back */
export async function judgeTrial(
  place: UpdatePlace,
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
  { releases, config }: UpdatePlace,
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

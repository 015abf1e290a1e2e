/** Which controller is meant, what it runs from, and who starts it again. */
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { ReleasesDirectory } from '#protocol/releases/releases-directory.ts';
import { ownPackage } from '#runtime/own-package.ts';
import { type ControllerConfig, readConfig } from '../config.ts';
import { environmentOf, findRunningController, isSupervisor, restartSupervised } from './running-controller.ts';
import { type ControllerTrial, readTrial } from './update-files.ts';
import type { UpdateControllerOptions } from './update-options.ts';

/** Where the controller is, and what it is started from. */
export interface UpdatePlace {
  readonly releases: ReleasesDirectory;
  readonly config: ControllerConfig;
  readonly supervisor: number | undefined;
  readonly restart: () => Promise<void>;
}

/** Where this program is one of the releases: the present one, or another when that does not run at all. */
export function ownReleasesDirectory(): ReleasesDirectory {
  const root = realpathSync(ownPackage.root);
  const releases = new ReleasesDirectory(dirname(root));
  if (releases.current !== undefined) return releases;
  throw new FleetError(
    'conflict',
    `there is no link "current" beside this program (${root}), so no release can take its place. Packages are updated by their package manager, containers by their image; docs/operations/upgrade.md says how a release is installed`,
  );
}

/** @throws FleetError `conflict` when no controller is meant that could be updated from here */
export function updatePlaceOf(
  releases: ReleasesDirectory,
  { flags, env, restartService }: UpdateControllerOptions,
): UpdatePlace {
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

import { HostWorkers } from '../workers/host-workers.ts';
import { HungProcesses } from './hung-processes.ts';
import { OwnFileSystems } from './own-file-systems.ts';

/** What keeps a file system that does not answer from holding the daemon. */
export interface HangGuard {
  readonly ownFileSystems: OwnFileSystems;
  readonly workers: HostWorkers;
  readonly hung: HungProcesses;
}

/** @param ownPaths what the daemon depends on besides the root: its state, its program. */
export function hangGuard(ownPaths: readonly string[]): HangGuard {
  const hung = new HungProcesses();
  const ownFileSystems = new OwnFileSystems([process.execPath, ...ownPaths]);
  return { hung, ownFileSystems, workers: new HostWorkers(hung) };
}

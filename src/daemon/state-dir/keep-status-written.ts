import type { Log } from '#runtime/log.ts';
import { ownPackage } from '#runtime/own-package.ts';
import type { Daemon } from '../create-daemon.ts';
import { messageOf } from '../daemon-error.ts';
import { certificateLife } from '../identity/identity.ts';
import type { IdentityHolder } from '../identity/identity-holder.ts';
import type { StateDir } from './state-dir.ts';
import { writeStatus } from './status-file.ts';

const STATUS_EVERY_MS = 15_000;

/** Writes the status file now, when the session changes, every 15 seconds, and once more when the caller ends it. */
export function keepStatusWritten(
  stateDir: StateDir,
  daemon: Daemon,
  { identity, log }: { readonly identity: IdentityHolder; readonly log: Log },
): () => void {
  const startedAt = new Date().toISOString();
  const write = () => {
    const { nodeId, clusterName, endpoints } = identity.current;
    try {
      writeStatus(stateDir, {
        ...daemon.status,
        pid: process.pid,
        version: ownPackage.version,
        startedAt,
        writtenAt: new Date().toISOString(),
        nodeId,
        clusterName,
        endpoints,
        certificateEndsAt: certificateLife(identity.current).notAfter.toISOString(),
      });
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'the status file could not be written');
    }
  };
  const timer = setInterval(write, STATUS_EVERY_MS);
  timer.unref();
  daemon.onSessionChange(write);
  write();
  return () => {
    clearInterval(timer);
    write();
  };
}

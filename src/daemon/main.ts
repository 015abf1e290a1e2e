/**
 * The daemon as a program: a state directory of its own, the tools of this host, and one `Daemon` between them.
 *
 * The order of a start: lock the directory; read policy and labels; take the identity (kept, of a bundle, or by joining);
 * open journal and spool; end what a former life left running and what is not to outlive it; then open sessions. SIGTERM and SIGINT stop it in the
 * reverse order; SIGHUP looks at the host again, and for an order to rotate its key. A second SIGTERM does not hurry it: what is running has its grace.
 */
import { aborted } from '#runtime/aborted.ts';
import { ownPackage } from '#runtime/own-package.ts';
import { composeDaemon, type DaemonRunOptions } from './compose.ts';
import { DaemonError } from './daemon-error.ts';
import { takeIdentity } from './enrolment/take-identity.ts';
import { openHost } from './host.ts';
import type { Identity } from './identity/identity.ts';
import { loadIdentity } from './identity/identity-store.ts';
import type { KeeperEnd } from './session/session-keeper.ts';
import { keepStatusWritten } from './state-dir/keep-status-written.ts';
import { lockStateDir } from './state-dir/lock-state-dir.ts';
import { noteRevocation, readRevocation } from './state-dir/revocation-note.ts';
import { emptyRuntimeDir, openStateDir, type StateDir } from './state-dir/state-dir.ts';
import { closeInheritedDescriptors } from './tools/processes/inherited-descriptors.ts';

/** Resolves when it is over. @throws DaemonError when it cannot start, and `revoked` when the controller ended it. */
export async function runDaemon(options: DaemonRunOptions): Promise<void> {
  const stateDir = openStateDir(options.stateDir);
  const lock = lockStateDir(stateDir);
  try {
    const end = await runLocked(stateDir, options);
    if (end.kind === 'revoked') throw revoked(stateDir, end.reason);
  } finally {
    lock.release();
  }
}

async function runLocked(stateDir: StateDir, options: DaemonRunOptions): Promise<KeeperEnd> {
  closeInheritedDescriptors();
  emptyRuntimeDir(stateDir);
  const host = await openHost(stateDir, options);
  const identity = await takeIdentity(stateDir, options, host.readFacts());
  if (identity === undefined) return { kind: 'stopped' };
  refuseRevoked(stateDir, identity.current);
  const { log } = options;
  const { daemon, restart, close } = await composeDaemon(options, { stateDir, host, identity });
  const stopWriting = keepStatusWritten(stateDir, daemon, { identity, log });
  const onHangUp = () => daemon.look();
  process.on('SIGHUP', onHangUp);
  try {
    await daemon.start();
    log.info(
      { nodeId: identity.current.nodeId, stateDir: stateDir.path, version: ownPackage.version },
      'the daemon runs',
    );
    const end = await Promise.race([daemon.ended, aborted(options.signal), restart]);
    return end ?? { kind: 'stopped' };
  } finally {
    process.off('SIGHUP', onHangUp);
    await daemon.stop();
    stopWriting();
    close();
  }
}

function refuseRevoked(stateDir: StateDir, identity: Identity): void {
  const note = readRevocation(stateDir);
  if (note?.nodeId === identity.nodeId) throw revokedError(identity.nodeId, note.reason);
}

function revoked(stateDir: StateDir, reason: string): DaemonError {
  const nodeId = loadIdentity(stateDir)?.nodeId ?? '';
  noteRevocation(stateDir, { nodeId, reason, at: new Date().toISOString() });
  return revokedError(nodeId, reason);
}

function revokedError(nodeId: string, reason: string): DaemonError {
  return new DaemonError(
    'revoked',
    `the controller has revoked this node (${nodeId}: ${reason}), and the daemon does not come back by itself; join again with garrison node join --rejoin and a new key`,
  );
}

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { Log } from '#runtime/log.ts';
import { ownPackage } from '#runtime/own-package.ts';
import type { DaemonBase } from '../create-daemon.ts';
import type { DaemonPart } from '../daemon-part.ts';
import type { IdentityHolder } from '../identity/identity-holder.ts';
import { OutpostHeartbeat } from '../outpost/outpost-heartbeat.ts';

/** Sends the heartbeat of the outposts' contract, beside the session. Other nodes have no such part. */
export function outpostPart(
  identity: IdentityHolder,
  { daemon, log, policyFile }: { readonly daemon: DaemonBase; readonly log: Log; readonly policyFile: string },
): readonly DaemonPart[] {
  if (identity.current.outpost === undefined) return [];
  return [
    new OutpostHeartbeat({
      identity: () => identity.current,
      log,
      telemetry: () => ({
        version: ownPackage.version,
        policyVersion: policyVersion(policyFile),
        lastSyncAt: daemon.lastWelcomeAt,
        pendingEvents: daemon.status.unacknowledged,
      }),
    }),
  ];
}

/** What the heartbeat of outposts calls the policy's version: it changes when the file does. */
function policyVersion(file: string): string {
  if (!existsSync(file)) return 'none';
  return `sha256:${createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16)}`;
}

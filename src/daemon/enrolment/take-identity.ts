import type { DaemonRunOptions } from '../compose.ts';
import { DaemonError } from '../daemon-error.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import type { Identity } from '../identity/identity.ts';
import { holdIdentity, type IdentityHolder } from '../identity/identity-holder.ts';
import { loadIdentity, saveIdentity } from '../identity/identity-store.ts';
import { laterIdentity, readOutpostBundle } from '../outpost/read-bundle.ts';
import { forgetWork, type StateDir } from '../state-dir/state-dir.ts';
import { joinPatiently } from './join-patiently.ts';

type IdentityOptions = Pick<
  DaemonRunOptions,
  'bundle' | 'endpoints' | 'api' | 'enrollmentKey' | 'name' | 'env' | 'log' | 'signal'
>;

/**
 * The identity is that of the bundle, else the one that was kept, else a new one, for which the host joins with the secret
 * in `ENROLLMENT_KEY`. Undefined when the daemon was stopped before it had joined.
 */
export async function takeIdentity(
  stateDir: StateDir,
  options: IdentityOptions,
  facts: HostFacts,
): Promise<IdentityHolder | undefined> {
  const kept = loadIdentity(stateDir);
  const save = (identity: Identity) => saveIdentity(stateDir, identity);
  if (options.bundle !== undefined) {
    const { bundle: directory, endpoints = [], api } = options;
    const identity = laterIdentity(kept, readOutpostBundle({ directory, endpoints, api }));
    if (identity.nodeId !== kept?.nodeId) forgetWork(stateDir);
    if (identity !== kept) save(identity);
    return holdIdentity(identity, save);
  }
  if (kept !== undefined) return holdIdentity(kept, save);
  const secret = options.enrollmentKey?.reveal();
  if (secret === undefined) {
    throw new DaemonError(
      'not_joined',
      `this host has not joined (there is no identity in ${stateDir.path}); get a key or token from an operator and run garrison node join with it, or set ENROLLMENT_KEY`,
    );
  }
  const { name, endpoints, env, log, signal } = options;
  const identity = await joinPatiently({ stateDir, secret, name, facts, env, endpoints }, { log, signal });
  if (identity === undefined) return undefined;
  log.info({ nodeId: identity.nodeId, cluster: identity.clusterName }, 'the host has joined');
  return holdIdentity(identity, save);
}

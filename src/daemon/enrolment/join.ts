/**
 * A host joins: once, before its daemon runs, or at its first run with a join secret in the environment. The order: ask
 * the controller, keep the identity in one step. A crash in between leaves a node at the controller that never connects,
 * and, of a one-time token, nothing to try again with: the operator issues another.
 */
import { existsSync, rmSync } from 'node:fs';
import { DaemonError } from '../daemon-error.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import type { Identity } from '../identity/identity.ts';
import { loadIdentity, saveIdentity } from '../identity/identity-store.ts';
import { readMachineId } from '../identity/machine-id.ts';
import { endpointOf, readEndpoint } from '../session/endpoint.ts';
import { proxiesOf } from '../session/http-proxy.ts';
import { forgetWork, type StateDir } from '../state-dir/state-dir.ts';
import { pinReleaseKey } from '../updates/release-key.ts';
import { enrol } from './enrol.ts';
import { readJoinSecret } from './join-secret.ts';

export interface JoinOptions {
  readonly stateDir: StateDir;
  readonly secret: string;
  /** host:port or URLs; in place of those in the secret. */
  readonly endpoints?: readonly string[] | undefined;
  /** SHA-256 of the controller's root, hex; where the secret does not say. */
  readonly caSha256?: string | undefined;
  /** The root itself, PEM. */
  readonly caPem?: string | undefined;
  readonly name?: string | undefined;
  readonly facts: HostFacts;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Although the host has joined already: as the same node, which its old key proves, unless it was revoked. */
  readonly rejoin?: boolean | undefined;
}

/** @throws DaemonError */
export async function join(options: JoinOptions): Promise<Identity> {
  const { stateDir, rejoin = false } = options;
  const previous = previousIdentity(stateDir, rejoin);
  if (previous !== undefined && !rejoin) {
    throw new DaemonError(
      'already_joined',
      `this host has joined as node ${previous.nodeId}; say --rejoin to join again, or name another --state-dir`,
    );
  }
  const joinSecret = readJoinSecret(options.secret);
  const endpoints = options.endpoints?.length
    ? options.endpoints.map(endpointOf)
    : joinSecret.endpoints.flatMap((endpoint) => readEndpoint(endpoint) ?? []);
  const caSha256 = options.caSha256 ?? joinSecret.caSha256;
  if (caSha256 === undefined && options.caPem === undefined) {
    throw new DaemonError(
      'join_secret_unusable',
      'the join secret does not say which controller to trust; name its authority with --ca-sha256 or --ca-file',
    );
  }
  const { identity, releaseKey } = await enrol({
    joinSecret,
    endpoints,
    proxyFor: proxiesOf(options.env),
    trust: options.caPem !== undefined ? { caPem: options.caPem } : { caSha256: caSha256 ?? '' },
    name: options.name ?? '',
    machine: readMachineId(options.env),
    facts: options.facts,
    previous,
  });
  if (previous?.nodeId !== identity.nodeId) forgetWork(stateDir);
  if (releaseKey !== '' && !existsSync(stateDir.releaseKeyFile)) pinReleaseKey(stateDir, releaseKey);
  saveIdentity(stateDir, identity);
  rmSync(stateDir.revokedFile, { force: true });
  return identity;
}

/** A damaged identity is no reason not to join again. */
function previousIdentity(stateDir: StateDir, rejoin: boolean): Identity | undefined {
  try {
    return loadIdentity(stateDir);
  } catch (error) {
    if (rejoin) return undefined;
    throw error;
  }
}

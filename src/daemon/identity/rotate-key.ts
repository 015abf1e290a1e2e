/**
 * Rotates the key of this host: a new key and certificate, and the former ones revoked. The order is written down first;
 * then the daemon is told, or where none runs it is carried out here by the same steps (`CertificateRenewal`). Whatever dies
 * on the way, the order is there and the next daemon goes on with it.
 */

import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Metadata, type ServiceError, status as Status } from '@grpc/grpc-js';
import type { NodeServiceClient, RenewResponse, RevokeOthersResponse } from '#protocol/gen/garrison/node/v1/node.ts';
import { Backoff } from '#runtime/backoff.ts';
import { DirectoryInUse, type DirectoryLock } from '#runtime/directory-lock.ts';
import { silentLog } from '#runtime/log.ts';
import { DaemonError } from '../daemon-error.ts';
import { type ProxyFor, proxiesOf } from '../session/http-proxy.ts';
import { openChannel } from '../session/open-channel.ts';
import { lockStateDir } from '../state-dir/lock-state-dir.ts';
import { readRevocation } from '../state-dir/revocation-note.ts';
import type { StateDir } from '../state-dir/state-dir.ts';
import { readStatus } from '../state-dir/status-file.ts';
import { CertificateRenewal } from './certificate-renewal.ts';
import { certificateLife, type Identity } from './identity.ts';
import { holdIdentity } from './identity-holder.ts';
import { loadIdentity, saveIdentity } from './identity-store.ts';
import { rotationDesk } from './rotation-order.ts';

export interface RotateKey {
  readonly stateDir: StateDir;
  /** How long former certificates stay good. */
  readonly keepOldMs: number;
  readonly patienceMs: number;
  /** Where it says through which proxy a controller is reached. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface RotatedKey {
  readonly nodeId: string;
  readonly previousSerial: string;
  readonly serial: string;
  readonly notAfter: Date;
  /** Undefined: they are revoked. */
  readonly oldGoodUntil: Date | undefined;
}

/** @throws DaemonError */
export async function rotateKey({ stateDir, keepOldMs, patienceMs, env }: RotateKey): Promise<RotatedKey> {
  const proxyFor = proxiesOf(env);
  const identity = rotatable(stateDir);
  const previousSerial = certificateLife(identity).serial;
  const keepOldUntil = new Date(Date.now() + keepOldMs);
  rotationDesk(stateDir).order({ serial: previousSerial, keepOldUntil: keepOldUntil.toISOString() });
  const isDone = () => {
    const order = rotationDesk(stateDir).read();
    return order === undefined || (keepOldMs > 0 && certificateLife(kept(stateDir)).serial !== previousSerial);
  };
  const lock = lockOrTellDaemon(stateDir);
  const stop = lock === undefined ? undefined : await carryOutHere(stateDir, identity, proxyFor);
  try {
    await until(isDone, patienceMs);
  } finally {
    await stop?.();
    lock?.release();
  }
  const { serial, notAfter } = certificateLife(kept(stateDir));
  return {
    nodeId: identity.nodeId,
    previousSerial,
    serial,
    notAfter,
    oldGoodUntil: keepOldMs > 0 ? keepOldUntil : undefined,
  };
}

function rotatable(stateDir: StateDir): Identity {
  const identity = kept(stateDir);
  const revocation = readRevocation(stateDir);
  if (revocation?.nodeId === identity.nodeId) {
    throw new DaemonError(
      'revoked',
      `this node is revoked (${revocation.reason}); join again with --rejoin and a new key`,
    );
  }
  if (identity.outpost !== undefined) {
    throw new DaemonError(
      'rotation_failed',
      'this node is an outpost, whose key is made by the controller; garrison outposts renew makes another bundle',
    );
  }
  return identity;
}

function kept(stateDir: StateDir): Identity {
  const identity = loadIdentity(stateDir);
  if (identity !== undefined) return identity;
  throw new DaemonError('not_joined', `this host has not joined: there is no identity in ${stateDir.path}`);
}

/** Undefined when a daemon runs: it has been told to look. */
function lockOrTellDaemon(stateDir: StateDir): DirectoryLock | undefined {
  try {
    return lockStateDir(stateDir);
  } catch (error) {
    const owner = error instanceof DaemonError && error.cause instanceof DirectoryInUse ? error.cause.owner : undefined;
    // Others than a daemon hold the lock for a moment and would die of the signal.
    if (owner === undefined || readStatus(stateDir)?.pid !== owner.pid) throw error;
    process.kill(owner.pid, 'SIGHUP');
    return undefined;
  }
}

/** Returns how to stop. */
async function carryOutHere(stateDir: StateDir, identity: Identity, proxyFor: ProxyFor): Promise<() => Promise<void>> {
  const holder = holdIdentity(identity, (next) => saveIdentity(stateDir, next));
  const ask = <Response>(call: Call<Response>) => callAny(holder.current, proxyFor, call);
  const renewal = new CertificateRenewal({
    identity: holder,
    rotation: rotationDesk(stateDir),
    renew: (csr) => ask<RenewResponse>((client, ...rest) => client.renew({ csr }, ...rest)),
    revokeOthers: (serial) => ask<RevokeOthersResponse>((client, ...rest) => client.revokeOthers({ serial }, ...rest)),
    onRenewed: () => {},
    log: silentLog,
    commonName: hostname(),
    backoff: new Backoff({ firstMs: 500, maxMs: 5_000 }),
  });
  await renewal.start();
  return () => renewal.stop();
}

const CALL_WITHIN_MS = 10_000;
const KEEPALIVE = { timeMs: 20_000, timeoutMs: 10_000 };

type Call<Response> = (
  client: NodeServiceClient,
  metadata: Metadata,
  options: { readonly deadline: number },
  answer: (error: ServiceError | null, response: Response) => void,
) => void;

/** Asks one controller after the other, until one can be reached. */
async function callAny<Response>(identity: Identity, proxyFor: ProxyFor, call: Call<Response>): Promise<Response> {
  let problem: unknown = new Error('the identity names no controller');
  for (const endpoint of identity.endpoints) {
    const client = openChannel(identity, { endpoint, proxy: proxyFor(endpoint) }, KEEPALIVE);
    try {
      return await new Promise<Response>((resolve, reject) => {
        call(client, new Metadata(), { deadline: Date.now() + CALL_WITHIN_MS }, (error, response) =>
          error === null ? resolve(response) : reject(error),
        );
      });
    } catch (error) {
      problem = error;
      const { code } = error as ServiceError; // a unary call fails with nothing else
      if (code !== Status.UNAVAILABLE && code !== Status.DEADLINE_EXCEEDED) break;
    } finally {
      client.close();
    }
  }
  throw problem;
}

const LOOK_EVERY_MS = 50;

async function until(isDone: () => boolean, patienceMs: number): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  while (!isDone()) {
    if (performance.now() > giveUpAt) {
      throw new DaemonError(
        'rotation_failed',
        'the controller could not be asked in time; the order stays, and the daemon goes on with it when it has a session: garrison node keys show says how far it is',
      );
    }
    await delay(LOOK_EVERY_MS);
  }
}

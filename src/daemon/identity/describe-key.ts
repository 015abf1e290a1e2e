import { createHash, X509Certificate } from 'node:crypto';
import { DaemonError } from '../daemon-error.ts';
import type { StateDir } from '../state-dir/state-dir.ts';
import { certificateLife } from './identity.ts';
import { loadIdentity } from './identity-store.ts';
import { rotationDesk } from './rotation-order.ts';

export interface KeyDescription {
  readonly node_id: string;
  readonly algorithm: string;
  /** SHA-256 of the SubjectPublicKeyInfo, hex. */
  readonly public_key_sha256: string;
  readonly serial: string;
  readonly not_before: string;
  readonly not_after: string;
  /** `ordered`: the new certificate is not there yet; `revoking`: the former ones are still good. */
  readonly rotation: 'none' | 'ordered' | 'revoking';
  readonly previous_good_until: string | null;
}

/** What is public of the key of this host. @throws DaemonError */
export function describeKey(stateDir: StateDir): KeyDescription {
  const identity = loadIdentity(stateDir);
  if (identity === undefined) {
    throw new DaemonError('not_joined', `this host has not joined: there is no identity in ${stateDir.path}`);
  }
  const { publicKey } = new X509Certificate(identity.certificateChain);
  const { serial, notBefore, notAfter } = certificateLife(identity);
  const order = rotationDesk(stateDir).read();
  const isRevoking = order !== undefined && order.serial !== serial;
  return {
    node_id: identity.nodeId,
    algorithm: publicKey.asymmetricKeyDetails?.namedCurve ?? publicKey.asymmetricKeyType ?? '',
    public_key_sha256: createHash('sha256')
      .update(publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex'),
    serial,
    not_before: notBefore.toISOString(),
    not_after: notAfter.toISOString(),
    rotation: order === undefined ? 'none' : isRevoking ? 'revoking' : 'ordered',
    previous_good_until: isRevoking ? order.keepOldUntil : null,
  };
}

/**
 * What a release says of itself: the trusted comment of its signature, one line, so that a node can judge it before it
 * fetches anything, and an operator reads it with `minisign -V`.
 *
 *   garrison/1 kind=node version=0.2.0 platform=linux-x64 counter=1795836000 protocols=1,2 bytes=43000000 sha256=…
 */

import { MinisignFormatError, type MinisignPublicKey } from '#runtime/minisign/public-key.ts';
import { isCommentSigned, type MinisignSignature, readSignature } from '#runtime/minisign/signature.ts';

export interface ReleaseManifest {
  /** `node`: for machines that are nodes; `full`: with the database too. */
  readonly kind: 'node' | 'full';
  readonly version: string;
  /** As Node calls it: `linux-x64`. */
  readonly platform: string;
  /** Rises with every release of a kind and platform; a node never goes below its own. */
  readonly counter: number;
  /** Versions of the node protocol that it speaks. */
  readonly protocols: readonly number[];
  /** Size of the bundle, packed. */
  readonly bytes: number;
  /** Digest of the bundle, lower-case hex. */
  readonly sha256: string;
}

export interface SignedManifest {
  readonly manifest: ReleaseManifest;
  readonly signature: MinisignSignature;
}

export type ManifestProblem = 'not_signed' | 'other_key' | 'unreadable';

/** Why a signature is not good. The message is for people. */
export class ManifestRefused extends Error {
  readonly problem: ManifestProblem;

  constructor(problem: ManifestProblem, message: string) {
    super(message);
    this.name = 'ManifestRefused';
    this.problem = problem;
  }
}

const FORM =
  /^garrison\/1 kind=(node|full) version=([0-9A-Za-z.+-]{1,64}) platform=([a-z0-9]{1,16}-[a-z0-9_]{1,16}) counter=([0-9]{1,15}) protocols=([0-9]{1,6}(?:,[0-9]{1,6}){0,7}) bytes=([0-9]{1,12}) sha256=([0-9a-f]{64})$/;

export function writeManifest({ kind, version, platform, counter, protocols, bytes, sha256 }: ReleaseManifest): string {
  const text = `garrison/1 kind=${kind} version=${version} platform=${platform} counter=${counter} protocols=${protocols.join(',')} bytes=${bytes} sha256=${sha256}`;
  if (!FORM.test(text)) throw new ManifestRefused('unreadable', `a release cannot say this of itself: ${text}`);
  return text;
}

/** Reads what the key has signed. The bundle itself is not looked at: its size and hash are in the manifest. @throws ManifestRefused */
export function openManifest(key: MinisignPublicKey, text: string): SignedManifest {
  const signature = readOrRefuse(text);
  if (!key.keyId.equals(signature.keyId)) {
    throw new ManifestRefused('other_key', 'the signature of the release is by another key');
  }
  if (!isCommentSigned(key, signature))
    throw new ManifestRefused('not_signed', 'the signature of the release is not good');
  return { manifest: readManifest(signature.trustedComment), signature };
}

function readOrRefuse(text: string): MinisignSignature {
  try {
    return readSignature(text);
  } catch (error) {
    if (error instanceof MinisignFormatError)
      throw new ManifestRefused('not_signed', `the release has no signature that can be read: ${error.message}`);
    throw error;
  }
}

function readManifest(comment: string): ReleaseManifest {
  const [, kind, version = '', platform = '', counter, protocols = '', bytes, sha256 = ''] = FORM.exec(comment) ?? [];
  if (kind !== 'node' && kind !== 'full') {
    throw new ManifestRefused('unreadable', 'what is signed is not a release of garrison, or of a later form');
  }
  return {
    kind,
    version,
    platform,
    counter: Number(counter),
    protocols: protocols.split(',').map(Number),
    bytes: Number(bytes),
    sha256,
  };
}

import { readFileSync } from 'node:fs';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { BundleRefused } from '#protocol/releases/bundle.ts';
import { inspectBundle } from '#protocol/releases/inspect-bundle.ts';
import { type ReleaseStanding, whyRefused } from '#protocol/releases/judge-manifest.ts';
import {
  ManifestRefused,
  openManifest,
  type ReleaseManifest,
  type SignedManifest,
} from '#protocol/releases/manifest.ts';
import type { MinisignPublicKey } from '#runtime/minisign/public-key.ts';
import { isFileSigned } from '#runtime/minisign/signature.ts';

/**
 * What is signed of the bundle, found good by the rules of a node: signature, hash, platform, counter, protocol. Undefined: it is the
 * release that runs.
 * @throws FleetError `invalid`, with the reason
 */
export async function verifyBundle(
  bundle: string,
  key: MinisignPublicKey,
  standing: ReleaseStanding,
): Promise<ReleaseManifest | undefined> {
  const { manifest, signature } = readSigned(bundle, key);
  if (manifest.kind !== 'full') throw refused('is one for nodes, and a controller needs the full one');
  const why = whyRefused(manifest, standing);
  if (why === 'present') return undefined;
  if (why !== undefined) throw refused(why);
  const found = await inspectBundle(bundle).catch((error: unknown) => {
    throw error instanceof BundleRefused ? new FleetError('invalid', error.message, { cause: error }) : error;
  });
  const isWhole =
    found.manifest.sha256 === manifest.sha256 &&
    found.manifest.bytes === manifest.bytes &&
    isFileSigned(key, signature, found.blake2b512);
  if (!isWhole) throw refused('is not the bundle that is signed: its hash is another');
  return manifest;
}

function readSigned(bundle: string, key: MinisignPublicKey): SignedManifest {
  let text: string;
  try {
    text = readFileSync(`${bundle}.minisig`, 'utf8');
  } catch (cause) {
    throw new FleetError('invalid', `there is no signature ${bundle}.minisig, and nothing is updated without`, {
      cause,
    });
  }
  try {
    return openManifest(key, text);
  } catch (error) {
    if (error instanceof ManifestRefused) throw new FleetError('invalid', error.message, { cause: error });
    throw error;
  }
}

function refused(why: string): FleetError {
  return new FleetError('invalid', `the release ${why}`);
}

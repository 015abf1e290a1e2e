import { FleetError } from '#core/kernel/fleet-error.ts';
import type { ReleaseSignatures } from '#core/releases/release.ts';
import { ManifestRefused, openManifest } from '#protocol/releases/manifest.ts';
import { MinisignFormatError, readPublicKey } from '#runtime/minisign/public-key.ts';

/** Signatures of releases, in the form of minisign. */
export const releaseSignatures: ReleaseSignatures = {
  readKey(text) {
    try {
      return readPublicKey(text).text;
    } catch (error) {
      if (error instanceof MinisignFormatError) throw refused('publicKey', error.message, error);
      throw error;
    }
  },
  read(key, signature) {
    try {
      return openManifest(readPublicKey(key), signature).manifest;
    } catch (error) {
      if (error instanceof ManifestRefused) throw refused('signature', error.message, error);
      throw error;
    }
  },
};

function refused(field: string, message: string, cause: Error): FleetError {
  return new FleetError('invalid', message, { cause, details: { [field]: [message] } });
}

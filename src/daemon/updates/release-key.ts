/**
 * The key that releases of this node are signed with: kept in the state directory when the host joins, or set there by its
 * operator. A release may bring one along: it counts where none is kept, because whoever installed the release trusts it,
 * and takes the place of the kept one once that release, signed with the kept key, is good. A controller cannot set it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MinisignPublicKey, readPublicKey } from '#runtime/minisign/public-key.ts';
import { writeFileAtomically } from '#runtime/write-file-atomically.ts';
import type { StateDir } from '../state-dir/state-dir.ts';

/** In the root of a release that brings a key along. */
export const KEY_OF_RELEASE = 'release-key.pub';

/** @throws MinisignFormatError when what is kept is none */
export function pinnedReleaseKey(
  stateDir: Pick<StateDir, 'releaseKeyFile'>,
  ownRoot: string,
): MinisignPublicKey | undefined {
  const file = [stateDir.releaseKeyFile, join(ownRoot, KEY_OF_RELEASE)].find((path) => existsSync(path));
  return file === undefined ? undefined : readPublicKey(readFileSync(file, 'utf8'));
}

/** @throws MinisignFormatError */
export function pinReleaseKey({ releaseKeyFile }: Pick<StateDir, 'releaseKeyFile'>, text: string): MinisignPublicKey {
  const key = readPublicKey(text);
  writeFileAtomically(releaseKeyFile, `${key.text}\n`);
  return key;
}

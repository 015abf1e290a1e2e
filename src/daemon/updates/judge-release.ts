import {
  type ManifestProblem,
  ManifestRefused,
  openManifest,
  type SignedManifest,
} from '#protocol/releases/manifest.ts';
import type { SelfUpdateArgs } from '#protocol/tools/self-update.ts';
import type { MinisignPublicKey } from '#runtime/minisign/public-key.ts';
import { failed, type ToolEnding } from '../executions/executor.ts';

export interface Standing {
  readonly platform: string;
  readonly protocols: readonly number[];
  readonly key: MinisignPublicKey;
  /** The counter of the newest release that ran well here. */
  readonly counter: number;
}

/**
 * Whether this node may go to the release, by what is signed alone: nothing has been fetched. Says `present` for the
 * release that runs already.
 */
export function judgeRelease(
  { bundles = [] }: SelfUpdateArgs,
  { platform, protocols, key, counter }: Standing,
): { readonly release: SignedManifest } | { readonly ending: ToolEnding } | 'present' {
  if (bundles.length === 0)
    return refused('no_release', 'no release has been published that this node could be brought to');
  const bundle = bundles.find((one) => one.platform === platform);
  if (bundle === undefined) return refused('no_release', `the release has no bundle for ${platform}`);
  let release: SignedManifest;
  try {
    release = openManifest(key, bundle.signature);
  } catch (error) {
    if (error instanceof ManifestRefused) return refused('release_refused', `${error.message} (${WHY[error.problem]})`);
    throw error;
  }
  const { manifest } = release;
  if (manifest.sha256 !== bundle.sha256) return refused('release_refused', 'what is signed is another bundle');
  if (manifest.platform !== platform)
    return refused('release_refused', `the release is for ${manifest.platform}, and this node is ${platform}`);
  if (!manifest.protocols.some((version) => protocols.includes(version)))
    return refused('release_refused', 'the release speaks no version of the node protocol that this one does');
  if (manifest.counter === counter) return 'present';
  if (manifest.counter < counter)
    return refused(
      'release_refused',
      `the release is older than the present one: its counter is ${manifest.counter}, and ${counter} was reached`,
    );
  return { release };
}

const WHY: Readonly<Record<ManifestProblem, string>> = {
  not_signed: 'signature',
  other_key: 'key; garrison node release-key show says which is pinned',
  unreadable: 'form',
};

function refused(code: 'no_release' | 'release_refused', message: string): { readonly ending: ToolEnding } {
  return { ending: failed(code, message) };
}

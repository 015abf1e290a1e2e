import { type ReleaseStanding, whyRefused } from '#protocol/releases/judge-manifest.ts';
import {
  type ManifestProblem,
  ManifestRefused,
  openManifest,
  type SignedManifest,
} from '#protocol/releases/manifest.ts';
import type { SelfUpdateArgs } from '#protocol/tools/self-update.ts';
import type { MinisignPublicKey } from '#runtime/minisign/public-key.ts';
import { failed, type ToolEnding } from '../executions/executor.ts';

/** What stands on the node, with the key that releases have to be signed by. */
export interface NodeStanding extends ReleaseStanding {
  readonly key: MinisignPublicKey;
}

/**
 * Whether this node may go to the release, by what is signed alone: nothing has been fetched. Says `present` for the
 * release that runs already.
 */
export function judgeRelease(
  { bundles = [] }: SelfUpdateArgs,
  standing: NodeStanding,
): { readonly release: SignedManifest } | { readonly ending: ToolEnding } | 'present' {
  const { platform, key } = standing;
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
  const why = whyRefused(manifest, standing);
  if (why === 'present') return 'present';
  if (why !== undefined) return refused('release_refused', `the release ${why}`);
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

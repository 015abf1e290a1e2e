import type { ReleaseManifest } from './manifest.ts';

/** What stands where a release is to take the place of another. */
export interface ReleaseStanding {
  /** As Node calls it: `linux-x64`. */
  readonly platform: string;
  /** Versions of the node protocol that the present release speaks. */
  readonly protocols: readonly number[];
  /** The counter of the newest release that ran well there. */
  readonly counter: number;
}

/**
 * Why a release, whose signature is good, may not take the place of the present one, after "the release "; undefined when it may.
 * `present`: it is the one that runs.
 */
export function whyRefused(
  { platform, protocols, counter }: ReleaseManifest,
  standing: ReleaseStanding,
): string | 'present' | undefined {
  if (platform !== standing.platform) return `is for ${platform}, and this machine is ${standing.platform}`;
  if (!protocols.some((version) => standing.protocols.includes(version)))
    return 'speaks no version of the node protocol that this one does';
  if (counter === standing.counter) return 'present';
  if (counter < standing.counter)
    return `is older than the present one: its counter is ${counter}, and ${standing.counter} was reached`;
  return undefined;
}

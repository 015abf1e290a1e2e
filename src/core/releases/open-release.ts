import type { OpenBytes } from '../artifacts/artifact-store.ts';
import { FleetError, notFound } from '../kernel/fleet-error.ts';
import { ownerOf, type ReleaseDeps } from './publish-release.ts';
import type { Release } from './release.ts';
import { findPublished } from './store.ts';

/**
 * The bytes of a published release, for any node of the installation.
 * @throws FleetError `not_found` when there is none of these bytes; `unavailable` when they are on the disk of another controller
 */
export async function openRelease(
  deps: Pick<ReleaseDeps, 'db' | 'store' | 'systemTenantId' | 'keptBy'>,
  { sha256, offset }: { readonly sha256: string; readonly offset: number },
): Promise<OpenBytes & { readonly release: Release }> {
  const release = await findPublished(deps.db, sha256);
  if (release === undefined) throw notFound('release');
  if (offset > release.sizeBytes) throw new FleetError('invalid', `the release has ${release.sizeBytes} bytes`);
  const bytes = await deps.store.open(ownerOf(deps, release.id), sha256, { start: offset });
  if (bytes !== undefined) return { ...bytes, release };
  throw new FleetError(
    'unavailable',
    `the bundle of this release is on the disk of controller ${release.keptBy}; ask there, or have all controllers keep artifacts in one place`,
  );
}

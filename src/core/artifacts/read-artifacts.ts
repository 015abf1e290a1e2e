import type { Clock } from '../kernel/clock.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import type { TenantId } from '../kernel/ids.ts';
import type { Artifact, ArtifactId, ArtifactOwner } from './artifact.ts';
import type { ByteRange, OpenBytes } from './artifact-store.ts';
import type { ArtifactDeps } from './keep-artifact.ts';
import { findArtifact, listOf } from './store.ts';

/**
 * What an owner has left behind, by name. Whoever asks has decided that the owner is the caller's.
 * @public for dispatches
 */
export function listArtifacts(
  { db, clock }: Pick<ArtifactDeps, 'db'> & { readonly clock: Clock },
  owner: ArtifactOwner,
): Promise<readonly Artifact[]> {
  return listOf(db, owner, clock.now());
}

export interface OpenArtifact extends OpenBytes {
  readonly artifact: Artifact;
}

/**
 * Undefined when there is none of that id in the tenant, or its bytes are gone.
 * @throws FleetError `unavailable` when they are on the disk of another controller
 */
export async function openArtifact(
  { db, clock, store, keptBy }: Pick<ArtifactDeps, 'db' | 'clock' | 'store' | 'keptBy'>,
  { tenantId, id, range }: { readonly tenantId: TenantId; readonly id: ArtifactId; readonly range?: ByteRange },
): Promise<OpenArtifact | undefined> {
  const artifact = await findArtifact(db, { tenantId, id, now: clock.now() });
  if (artifact === undefined) return undefined;
  const owner: ArtifactOwner = { tenantId, kind: artifact.ownerKind, id: artifact.ownerId };
  const bytes = await store.open(owner, artifact.sha256, range);
  if (bytes === undefined && artifact.keptBy !== keptBy)
    throw new FleetError(
      'unavailable',
      `this artifact is on the disk of controller ${artifact.keptBy}; ask there, or have all controllers keep artifacts in S3`,
    );
  return bytes && { ...bytes, artifact };
}

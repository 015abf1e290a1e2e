import type { ArtifactOwner } from './artifact.ts';
import type { ArtifactDeps } from './keep-artifact.ts';
import { expireAllOf, findExpiredOwners, removeExpiredRows } from './store.ts';

const BATCH = 100;

export type RemovalDeps = Pick<ArtifactDeps, 'db' | 'clock' | 'store' | 'keptBy'>;

/**
 * Everything an owner has left behind. It is not found any more when this resolves; bytes on the disks of other controllers
 * go with their next pass over what has expired.
 */
export async function removeArtifactsOf(deps: RemovalDeps, owner: ArtifactOwner): Promise<void> {
  await expireAllOf(deps.db, owner, deps.clock.now());
  await removeExpired(deps, owner);
}

/** Removes owners' artifacts when the last of them has expired. Twice, or on two controllers at once, does no harm. */
export async function removeExpiredArtifacts(deps: RemovalDeps, signal: AbortSignal): Promise<void> {
  const { db, clock, keptBy } = deps;
  for (let found = BATCH; found === BATCH && !signal.aborted; ) {
    const owners = await findExpiredOwners(db, { keptBy, now: clock.now() }, BATCH);
    for (const owner of owners) await removeExpired(deps, owner);
    found = owners.length;
  }
}

/** The bytes first, so that a crash between leaves rows that lead to the rest. */
async function removeExpired({ db, clock, store, keptBy }: RemovalDeps, owner: ArtifactOwner): Promise<void> {
  const now = clock.now();
  await store.removeAllOf(owner);
  await removeExpiredRows(db, owner, { keptBy, now });
}

import type { Clock } from '../kernel/clock.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { type ControllerId, newId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import {
  type Artifact,
  type ArtifactId,
  type ArtifactOwner,
  checkArtifactName,
  checkOwner,
  MOST_ARTIFACTS_OF_OWNER,
} from './artifact.ts';
import type { ArtifactStore } from './artifact-store.ts';
import { completeArtifact, insertArriving, measureOwner, removeArriving } from './store.ts';

export interface ArtifactLimits {
  readonly maxBytes: number;
  readonly maxBytesOfOwner: number;
  readonly keepForMs: number;
}

export interface ArtifactDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly store: ArtifactStore;
  /** This controller, where the bytes are on its disk; null where every controller reaches them. */
  readonly keptBy: ControllerId | null;
  readonly limits: ArtifactLimits;
  /** @throws FleetError while the disk is full. */
  readonly requireRoom: () => void;
}

export interface NewArtifact {
  readonly owner: ArtifactOwner;
  readonly name: string;
  readonly mediaType: string;
  readonly content: AsyncIterable<Uint8Array>;
  /** Lower-case hex, asked for when everything has come; whoever knows it has it compared. */
  readonly checksum?: (() => string) | undefined;
  /** Less than what the settings allow. */
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Takes in an artifact. It replaces the one of that name of the same owner; of one whose bytes are there already, another copy is
 * not made.
 *
 * Order: the row first, then the bytes, then the row again: bytes are never without a row that leads to them, and the sweep of expired
 * artifacts removes what a crash left between. No transaction is open while bytes come.
 */
export async function keepArtifact(deps: ArtifactDeps, artifact: NewArtifact): Promise<Artifact> {
  const { db, clock, store, limits, keptBy } = deps;
  const { owner, name, mediaType, content, checksum, signal } = artifact;
  checkOwner(owner);
  checkArtifactName(name, mediaType);
  deps.requireRoom();
  const id = newId<ArtifactId>();
  const createdAt = clock.now();
  const expiresAt = new Date(createdAt.getTime() + limits.keepForMs);
  const room = await db.transaction(async (tx) => {
    const { count, bytes } = await measureOwner(tx, owner);
    if (count >= MOST_ARTIFACTS_OF_OWNER) {
      throw new FleetError(
        'conflict',
        `there are ${count} artifacts of this ${owner.kind} already, which is the limit`,
      );
    }
    await insertArriving(tx, { id, owner, name, mediaType, createdAt, expiresAt, keptBy });
    return limits.maxBytesOfOwner - bytes;
  });
  const maxBytes = Math.max(0, Math.min(limits.maxBytes, room, artifact.maxBytes ?? Number.POSITIVE_INFINITY));
  try {
    const stored = await store.put(owner, content, { maxBytes, checksum, signal });
    const kept = await db.transaction((tx) =>
      completeArtifact(tx, { id, owner, name }, { ...stored, at: clock.now() }),
    );
    if (kept === undefined)
      throw new FleetError('conflict', `the ${owner.kind} of this artifact was removed meanwhile`);
    return kept;
  } catch (error) {
    await removeArriving(db, owner, id);
    throw error;
  }
}

import type { ArtifactOwner } from '../artifacts/artifact.ts';
import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import type { Context } from '../kernel/context.ts';
import { FleetError, notFound } from '../kernel/fleet-error.ts';
import { type ControllerId, newId, type TenantId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import type { Release, ReleaseId, ReleaseSignatures } from './release.ts';
import {
  findRelease,
  highestCounter,
  insertRelease,
  listReleases,
  markStored,
  markWithdrawn,
  type ReleaseKey,
  readReleaseKey,
  writeReleaseKey,
} from './store.ts';

export interface ReleaseDeps {
  readonly db: Database;
  readonly store: ArtifactStore;
  readonly signatures: ReleaseSignatures;
  readonly systemTenantId: TenantId;
  /** This controller, where the bytes are on its disk; null where every controller reaches them. */
  readonly keptBy: ControllerId | null;
  /** @throws FleetError while the disk is full. */
  readonly requireRoom: () => void;
}

const MOST_BYTES = 2 ** 31;
const LISTED = 1_000;

/**
 * Takes a release into account by its signature; its bytes come next (`storeRelease`).
 * @throws FleetError `invalid` when it is not signed, by another key, or its counter does not rise; `conflict` while no key is set
 */
export async function announceRelease(ctx: Context, deps: ReleaseDeps, signature: string): Promise<Release> {
  const key = await readReleaseKey(deps.db);
  if (key === undefined)
    throw new FleetError(
      'conflict',
      'this installation has no release key: set it with garrison releases key set FILE',
    );
  const manifest = deps.signatures.read(key.publicKey, signature);
  if (manifest.bytes > MOST_BYTES) throw new FleetError('too_large', `a release has at most ${MOST_BYTES} bytes`);
  deps.requireRoom();
  const { kind, version, platform, counter, protocols, bytes: sizeBytes, sha256 } = manifest;
  const release = {
    ...{ id: newId<ReleaseId>(), kind, version, platform, counter, protocols, sizeBytes, sha256, signature },
    ...{ keptBy: deps.keptBy, announcedBy: ctx.principal.name, announcedAt: ctx.clock.now() },
  };
  await deps.db.transaction(async (tx) => {
    await refuseLower(tx, release);
    await insertRelease(tx, release);
  });
  return { ...release, storedAt: null, withdrawnAt: null };
}

/**
 * Stores the bytes of a release and publishes it. No transaction is open while they come; whoever breaks off sends them again.
 * @throws FleetError `not_found`; `conflict` when it is published already; `invalid` when the bytes are others
 */
export async function storeRelease(
  ctx: Context,
  deps: ReleaseDeps,
  { id, content }: { readonly id: ReleaseId; readonly content: AsyncIterable<Uint8Array> },
): Promise<Release> {
  const release = await findRelease(deps.db, id);
  if (release === undefined) throw notFound('release');
  if (release.storedAt !== null) throw new FleetError('conflict', 'this release is published already');
  const { sizeBytes, sha256 } = release;
  await deps.store.put(ownerOf(deps, id), content, {
    maxBytes: sizeBytes,
    checksum: () => sha256,
    signal: ctx.signal,
  });
  const storedAt = ctx.clock.now();
  await deps.db.transaction(async (tx) => {
    await refuseLower(tx, release);
    await markStored(tx, id, storedAt);
  });
  return { ...release, storedAt };
}

/** Nobody is brought to it any more; who runs it goes on. @throws FleetError `not_found`; `conflict` when it was before. */
export async function withdrawRelease(ctx: Context, deps: ReleaseDeps, id: ReleaseId): Promise<Release> {
  const release = await getRelease(deps, id);
  const withdrawnAt = ctx.clock.now();
  if (!(await markWithdrawn(deps.db, id, withdrawnAt)))
    throw new FleetError('conflict', 'this release was withdrawn before');
  await deps.store.removeAllOf(ownerOf(deps, id));
  return { ...release, withdrawnAt };
}

/** @throws FleetError `not_found`. */
export async function getRelease({ db }: Pick<ReleaseDeps, 'db'>, id: ReleaseId): Promise<Release> {
  const release = await findRelease(db, id);
  if (release?.storedAt == null) throw notFound('release');
  return release;
}

export function allReleases({ db }: Pick<ReleaseDeps, 'db'>): Promise<Release[]> {
  return listReleases(db, LISTED);
}

/** What releases are judged by here from now on. Nodes keep the one they have pinned. @throws FleetError `invalid`. */
export async function setReleaseKey(
  ctx: Context,
  { db, signatures }: Pick<ReleaseDeps, 'db' | 'signatures'>,
  text: string,
): Promise<ReleaseKey> {
  const key = { publicKey: signatures.readKey(text), setAt: ctx.clock.now(), setBy: ctx.principal.name };
  await writeReleaseKey(db, key);
  return key;
}

/** @throws FleetError `not_found` while none is set. */
export async function getReleaseKey({ db }: Pick<ReleaseDeps, 'db'>): Promise<ReleaseKey> {
  const key = await readReleaseKey(db);
  if (key === undefined) throw notFound('release key');
  return key;
}

export function ownerOf({ systemTenantId }: Pick<ReleaseDeps, 'systemTenantId'>, id: ReleaseId): ArtifactOwner {
  return { tenantId: systemTenantId, kind: 'release', id };
}

async function refuseLower(
  tx: Parameters<typeof highestCounter>[0],
  release: Pick<Release, 'kind' | 'platform' | 'counter'>,
): Promise<void> {
  const highest = await highestCounter(tx, release);
  if (highest === undefined || release.counter > highest) return;
  throw new FleetError(
    'invalid',
    `the counter of a release only rises: ${highest} was published for ${release.platform}, and this one has ${release.counter}`,
    { details: { signature: ['its counter does not rise'] } },
  );
}

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileArtifactStore } from '#adapters/artifacts/file-artifact-store.ts';
import { releaseSignatures } from '#controller/release-signatures.ts';
import { systemClock } from '#core/kernel/clock.ts';
import { newId, type TenantId } from '#core/kernel/ids.ts';
import type { Database } from '#core/kernel/sql.ts';
import type { ReleaseDeps } from '#core/releases/publish-release.ts';
import type { RecordingDeps } from '#core/terminals/read-recording.ts';
import { BandwidthLimit } from '#runtime/bandwidth-limit.ts';

/** Releases on a disk of their own, for surfaces without a controller. */
export function releasesIn(
  db: Database,
  { directory = join(tmpdir(), 'garrison-no-artifacts'), systemTenantId = newId<TenantId>() } = {},
): ReleaseDeps & { readonly bandwidth: BandwidthLimit } {
  return {
    db,
    store: new FileArtifactStore(directory),
    signatures: releaseSignatures,
    systemTenantId,
    keptBy: null,
    requireRoom: () => {},
    bandwidth: new BandwidthLimit(Number.POSITIVE_INFINITY),
  };
}

/** The same for recordings of terminals. */
export function recordingsIn(db: Database): RecordingDeps {
  return {
    db,
    clock: systemClock,
    store: new FileArtifactStore(join(tmpdir(), 'garrison-no-artifacts')),
    keptBy: null,
  };
}

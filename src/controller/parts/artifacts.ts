import { join } from 'node:path';
import { FileArtifactStore } from '#adapters/artifacts/file-artifact-store.ts';
import { ArtifactTickets } from '#core/artifacts/artifact-tickets.ts';
import type { ArtifactDeps } from '#core/artifacts/keep-artifact.ts';
import type { DatabaseClock } from '#core/controllers/database-clock.ts';
import type { ControllerId, TenantId } from '#core/kernel/ids.ts';
import type { Database } from '#core/kernel/sql.ts';
import type { ReleaseDeps } from '#core/releases/publish-release.ts';
import { BandwidthLimit } from '#runtime/bandwidth-limit.ts';
import type { ControllerConfig } from '../config.ts';
import type { DiskSpace } from '../disk-space.ts';
import { releaseSignatures } from '../release-signatures.ts';
import type { ControllerSecrets } from '../secrets.ts';

export interface ArtifactsNeeds {
  readonly config: ControllerConfig;
  readonly db: Database;
  readonly clock: DatabaseClock;
  readonly disk: DiskSpace;
  readonly systemTenantId: TenantId;
  readonly secrets: Pick<ControllerSecrets, 'controllerId' | 'secretKey'>;
}

export interface ArtifactsPart {
  readonly artifacts: ArtifactDeps;
  readonly tickets: ArtifactTickets;
  readonly releases: ReleaseDeps & { readonly bandwidth: BandwidthLimit };
}

const MEGABYTE = 1 << 20;
const DAY = 24 * 3_600_000;

/** Where files are kept that executions and others leave behind, and the tickets that open them. */
export async function startArtifacts(needs: ArtifactsNeeds): Promise<ArtifactsPart> {
  const { config, db, clock, disk, secrets, systemTenantId } = needs;
  const kept = { ...(await openStore(config, secrets.controllerId)), requireRoom: () => disk.requireRoom() };
  return {
    artifacts: {
      db,
      clock,
      ...kept,
      limits: {
        maxBytes: config.artifactMegabytes * MEGABYTE,
        maxBytesOfOwner: config.artifactMegabytesOfOwner * MEGABYTE,
        keepForMs: config.artifactRetentionDays * DAY,
      },
    },
    releases: {
      ...kept,
      db,
      systemTenantId,
      signatures: releaseSignatures,
      bandwidth: new BandwidthLimit(config.releaseBandwidth),
    },
    tickets: new ArtifactTickets(Buffer.from(secrets.secretKey.reveal(), 'hex'), clock),
  };
}

/** Files of this controller, or a bucket that all reach. The client of S3 is large and is loaded where it is used. */
async function openStore(
  config: ControllerConfig,
  controllerId: ControllerId,
): Promise<Pick<ArtifactDeps, 'store' | 'keptBy'>> {
  const { artifactBucket: bucket, artifactBucketEndpoint: endpoint } = config;
  if (bucket === undefined) {
    const store = new FileArtifactStore(join(config.dataDir, 'artifacts'));
    await store.prepare();
    return { store, keptBy: controllerId };
  }
  const { S3ArtifactStore } = await import('#adapters/artifacts/s3-artifact-store.ts');
  const store = new S3ArtifactStore({
    bucket,
    prefix: config.artifactBucketPrefix,
    region: config.artifactBucketRegion,
    endpoint,
    draftsIn: join(config.dataDir, 'artifact-drafts'),
  });
  await store.prepare();
  return { store, keptBy: null };
}

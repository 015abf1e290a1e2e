import { join } from 'node:path';
import { FileArtifactStore } from '#adapters/artifacts/file-artifact-store.ts';
import { ArtifactTickets } from '#core/artifacts/artifact-tickets.ts';
import type { ArtifactDeps } from '#core/artifacts/keep-artifact.ts';
import type { DatabaseClock } from '#core/controllers/database-clock.ts';
import type { Database } from '#core/kernel/sql.ts';
import type { ControllerConfig } from '../config.ts';
import type { DiskSpace } from '../disk-space.ts';
import type { ControllerSecrets } from '../secrets.ts';

export interface ArtifactsNeeds {
  readonly config: ControllerConfig;
  readonly db: Database;
  readonly clock: DatabaseClock;
  readonly disk: DiskSpace;
  readonly secrets: Pick<ControllerSecrets, 'controllerId' | 'secretKey'>;
}

export interface ArtifactsPart {
  readonly artifacts: ArtifactDeps;
  readonly tickets: ArtifactTickets;
}

const MEGABYTE = 1 << 20;
const DAY = 24 * 3_600_000;

/** Where files are kept that executions and others leave behind, and the tickets that open them. */
export async function startArtifacts({ config, db, clock, disk, secrets }: ArtifactsNeeds): Promise<ArtifactsPart> {
  const store = new FileArtifactStore(join(config.dataDir, 'artifacts'));
  await store.prepare();
  return {
    artifacts: {
      db,
      clock,
      store,
      keptBy: secrets.controllerId,
      limits: {
        maxBytes: config.artifactMegabytes * MEGABYTE,
        maxBytesOfOwner: config.artifactMegabytesOfOwner * MEGABYTE,
        keepForMs: config.artifactRetentionDays * DAY,
      },
      requireRoom: () => disk.requireRoom(),
    },
    tickets: new ArtifactTickets(Buffer.from(secrets.secretKey.reveal(), 'hex'), clock),
  };
}

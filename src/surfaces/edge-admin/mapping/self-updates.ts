import type { Static } from 'typebox';
import type { UpdateProgress, UpdateRequest, UpdateWaves } from '#core/updates/update-request.ts';
import type { Targeting } from '#surfaces/targeting/wire.ts';
import { UPDATE_STATUS_OF } from '../self-updates.ts';
import type * as Wire from '../wire/self-updates.ts';

const DAY_SECONDS = 86_400;

export function readWaves({ waves }: Wire.SelfUpdateCreate): UpdateWaves | undefined {
  if (waves === undefined) return undefined;
  return {
    batch: waves.batch,
    canaryPercent: waves.canary_percent ?? null,
    soakMs: (waves.soak_seconds ?? 0) * 1_000,
    isHealthGated: waves.health_gate ?? false,
    stopAfter: waves.stop_after ?? 1,
    withinMs: (waves.within_seconds ?? DAY_SECONDS) * 1_000,
  };
}

function writeWaves(waves: UpdateWaves): NonNullable<Static<typeof Wire.SelfUpdate>['waves']> {
  return {
    batch: waves.batch,
    canary_percent: waves.canaryPercent,
    soak_seconds: waves.soakMs / 1_000,
    health_gate: waves.isHealthGated,
    stop_after: waves.stopAfter,
    within_seconds: waves.withinMs / 1_000,
  };
}

function writeProgress({ underWay, ...counts }: UpdateProgress) {
  return { ...counts, under_way: underWay };
}

export function writeSelfUpdate(request: UpdateRequest): Static<typeof Wire.SelfUpdate> {
  return {
    id: request.id,
    targeting: request.targeting as Targeting, // as this surface has read it
    version: request.version,
    waves: request.waves && writeWaves(request.waves),
    status: UPDATE_STATUS_OF[request.stage],
    summary: request.summary,
    ...(request.progress && { progress: writeProgress(request.progress) }),
    failures: request.failures.map(({ nodeId, nodeName, code, message }) => ({
      node_id: nodeId,
      node_name: nodeName,
      code,
      message,
    })),
    inserted_at: request.createdAt.toISOString(),
    updated_at: request.updatedAt.toISOString(),
  };
}

import type { Static } from 'typebox';
import type { UpdateWaves } from '#core/updates/start-update.ts';
import type { UpdateRequest } from '#core/updates/update-request.ts';
import { UPDATE_STATUS_OF } from '../self-updates.ts';
import type * as Wire from '../wire/self-updates.ts';
import type { Targeting } from '../wire/targeting.ts';

const DAY_SECONDS = 86_400;

export function readWaves({ waves }: Wire.SelfUpdateCreate): UpdateWaves | undefined {
  if (waves === undefined) return undefined;
  const { batch, stop_after: stopAfter = 1, within_seconds: within = DAY_SECONDS } = waves;
  return { batch, stopAfter, withinMs: within * 1_000 };
}

export function writeSelfUpdate(request: UpdateRequest): Static<typeof Wire.SelfUpdate> {
  return {
    id: request.id,
    targeting: request.targeting as Targeting, // as this surface has read it
    status: UPDATE_STATUS_OF[request.stage],
    summary: request.summary,
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

/** The words of this contract for self-update requests. Total: a new word of core has none until somebody has chosen it. */
import type { UpdateStage } from '#core/updates/update-request.ts';

export const UPDATE_STATUSES = ['pending', 'processing', 'completed'] as const;

export const UPDATE_STATUS_OF: Readonly<Record<UpdateStage, (typeof UPDATE_STATUSES)[number]>> = {
  noted: 'pending',
  under_way: 'processing',
  answered: 'completed',
};

/** @param stage of the request that stays; when it is answered, nodes are still at work. */
export function describeUpdateRefusal(stage: UpdateStage): string {
  const status = UPDATE_STATUS_OF[stage];
  if (stage === 'answered')
    return `cannot delete self-update request with status '${status}' while nodes that accepted it are still updating`;
  return `cannot delete self-update request with status '${status}' - only completed ones can be deleted`;
}

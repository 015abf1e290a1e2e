import { FleetError } from '../kernel/fleet-error.ts';
import type { UpdateStage } from './update-request.ts';

/** Why a request stays. Surfaces have their own sentence for it. */
export class UpdateRefused extends FleetError {
  readonly stage: UpdateStage;

  /** @param stage `answered` where nodes have accepted the order and are still at it. */
  constructor(stage: UpdateStage) {
    super('conflict', 'the self-update request is not over; wait for its end before it is deleted', {
      facts: { stage },
    });
    this.name = 'UpdateRefused';
    this.stage = stage;
  }
}

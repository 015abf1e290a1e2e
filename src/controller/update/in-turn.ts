import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { giveUpdateTurnBack, takeUpdateTurn } from '#core/controllers/update-turn.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { withDatabase } from '../with-database.ts';
import { BACK_WITHIN_MS } from './judge-trial.ts';
import type { UpdateControllerOptions } from './update-options.ts';
import type { UpdatePlace } from './update-place.ts';

/** The row of the turn ends by itself, should we be killed while we have it. */
export async function inTurn<T>(
  place: Pick<UpdatePlace, 'config'>,
  options: UpdateControllerOptions,
  work: () => Promise<T>,
): Promise<T> {
  const id = randomUUID();
  const { config } = place;
  const heldBy = config.controllerName;
  const forMs = 3 * options.readyWithinMs + 2 * BACK_WITHIN_MS;
  const deadline = performance.now() + options.turnWithinMs;
  let told = '';
  for (;;) {
    const other = await withDatabase(config, 'beside a controller', (db) => takeUpdateTurn(db, { id, heldBy, forMs }));
    if (other === undefined) break;
    if (performance.now() > deadline)
      throw new FleetError('conflict', `${other.heldBy} is being updated, until ${other.endsAt.toISOString()} at most`);
    if (told !== other.heldBy) options.tell(`waiting for ${other.heldBy}, which is being updated`);
    told = other.heldBy;
    await delay(1_000, undefined, { signal: options.signal });
  }
  try {
    return await work();
  } finally {
    await withDatabase(config, 'beside a controller', (db) => giveUpdateTurnBack(db, id)).catch((error: Error) =>
      options.tell(`the turn could not be given back and ends by itself: ${error.message}`),
    );
  }
}

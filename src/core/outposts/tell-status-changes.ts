import { recordEvents } from '../events/record-events.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Database } from '../kernel/sql.ts';
import { INACTIVE_AFTER_MS } from './outpost.ts';
import { takeStatusChanges } from './store.ts';

const BATCH = 500;

/**
 * Writes `outpost.status_changed` for outposts that have fallen silent, come back, lost or regained a good certificate
 * since the last pass. Safe to run at any time and anywhere: what is told is marked in the same transaction. Returns how
 * many.
 */
export async function tellStatusChanges(deps: {
  readonly db: Database;
  readonly clock: Clock;
  readonly inactiveAfterMs?: number;
}): Promise<number> {
  let told = 0;
  for (let count = BATCH; count === BATCH; told += count) count = await tellBatch(deps);
  return told;
}

async function tellBatch({
  db,
  clock,
  inactiveAfterMs = INACTIVE_AFTER_MS,
}: Parameters<typeof tellStatusChanges>[0]): Promise<number> {
  return db.transaction(async (tx) => {
    const changes = await takeStatusChanges(tx, clock.now(), inactiveAfterMs, BATCH);
    await recordEvents(
      tx,
      changes.map(({ tenantId, id, name, status, previousStatus }) => ({
        tenantId,
        type: 'outpost.status_changed',
        subject: id,
        data: { outpostId: id, name, status, previousStatus },
      })),
    );
    return changes.length;
  });
}

import { recordEvents } from '../events/record-events.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Database } from '../kernel/sql.ts';
import { takeEnding } from './store.ts';

/** How many days before its end a certificate is warned of: the nearest first, so that one warning is written, not three. */
const WARNING_DAYS = [1, 7, 30];
const BATCH = 500;

/**
 * Writes `certificate.ending` for certificates that end soon and have no successor: once each at 30, 7 and 1 days. Safe
 * to run at any time and anywhere: what has been warned of is marked in the same transaction. Returns how many.
 */
export async function warnOfEnding(deps: { readonly db: Database; readonly clock: Clock }): Promise<number> {
  let warned = 0;
  for (const days of WARNING_DAYS) {
    for (let count = BATCH; count === BATCH; warned += count) count = await warnBatch(deps, days);
  }
  return warned;
}

async function warnBatch(
  { db, clock }: { readonly db: Database; readonly clock: Clock },
  days: number,
): Promise<number> {
  return db.transaction(async (tx) => {
    const ending = await takeEnding(tx, days, clock.now(), BATCH);
    await recordEvents(
      tx,
      ending.map(({ tenantId, serial, nodeId, purpose, subject, notAfter }) => ({
        tenantId,
        type: 'certificate.ending',
        subject: serial,
        data: { serial, nodeId, purpose, subject, notAfter, days },
      })),
    );
    return ending.length;
  });
}

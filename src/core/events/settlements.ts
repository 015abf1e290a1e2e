import { Batcher } from '#runtime/batcher.ts';
import { isFaultOfValues } from '../kernel/database-errors.ts';
import type { Database } from '../kernel/sql.ts';
import { CursorLost } from './cursor.ts';
import { type CursorStep, writeSteps } from './cursor-store.ts';
import type { CursorAttempts, DestinationKind } from './destination.ts';

/** A batch of which nothing waits: how far its cursor has come, and what the log keeps. */
export type Settling = CursorStep & CursorAttempts;

const AT_ONCE = 32;

/**
 * Writes what became of batches, of many cursors in one transaction: an event that goes to a thousand destinations would
 * otherwise be a thousand commits. The cursors that somebody else has by now are left out, with their logs.
 */
export class Settlements {
  readonly #batcher: Batcher<Settling, boolean>;

  constructor({ db, kind }: { readonly db: Database; readonly kind: Pick<DestinationKind, 'log'> }) {
    this.#batcher = new Batcher({
      flush: (items) =>
        db.transaction(
          async (tx) => {
            const written = await writeSteps(tx, items);
            await kind.log(
              tx,
              items.filter((_, place) => written[place]),
            );
            return written;
          },
          { mayBeLost: true }, // what is lost is sent again, under the same ids
        ),
      isFaultOfItem: isFaultOfValues,
      maxItems: AT_ONCE,
      maxWaitMs: 0,
      maxInFlight: 2,
      maxWaiting: 10_000,
    });
  }

  /** @throws CursorLost when somebody else has the cursor by now: nothing was written. */
  async write(settling: Settling): Promise<void> {
    if (!(await this.#batcher.add(settling))) throw new CursorLost(settling.cursor.id);
  }
}

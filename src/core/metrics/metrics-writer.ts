/**
 * Keeps the newest report of each node until a pass writes it, as the newest and into its slot of the last hour (`NewestRows`), `MAX_ROWS` nodes to a statement. What cannot
 * be written is dropped: the next report says it better.
 */
import type { Service } from '#runtime/service.ts';
import type { Clock } from '../kernel/clock.ts';
import type { NodeId } from '../kernel/ids.ts';
import { NewestRows } from '../kernel/newest-rows.ts';
import type { Queryable } from '../kernel/sql.ts';
import { storeRecent } from './history-store.ts';
import type { NodeMetrics } from './node-metrics.ts';
import { type MetricsRow, storeMetrics } from './store.ts';

export interface MetricsWriterParts {
  readonly db: Queryable;
  readonly clock: Clock;
  readonly observeBatch?: (rows: number) => void;
  /** A report that can never be stored was left out. */
  readonly onRefused: (error: unknown) => void;
}

const MAX_ROWS = 500;

export class MetricsWriter implements Service {
  readonly name = 'metrics of nodes';
  readonly #clock: Clock;
  readonly #rows: NewestRows<MetricsRow>;

  constructor({ db, clock, onRefused, observeBatch }: MetricsWriterParts) {
    this.#clock = clock;
    this.#rows = new NewestRows({
      store: async (rows) => {
        await storeMetrics(db, rows);
        await storeRecent(db, rows);
      },
      maxRows: MAX_ROWS,
      whileAway: 'drop',
      onRefused,
      observeBatch,
    });
  }

  put({ nodeId, epoch }: { readonly nodeId: NodeId; readonly epoch: number }, metrics: NodeMetrics): void {
    this.#rows.put({ nodeId, epoch, metrics, at: this.#clock.now() });
  }

  flush(): Promise<void> {
    return this.#rows.flush();
  }

  /** There is nothing to start: a pass flushes it. */
  async start(): Promise<void> {}

  /** Writes what waits; what cannot be written is dropped, as ever. */
  async stop(): Promise<void> {
    await this.flush().catch(() => {});
  }
}

/**
 * Keeps the newest report of each node until a pass writes it, `MAX_ROWS` nodes to a statement. A node that reports more often
 * than that replaces what waits of it, so there are never more reports here than nodes with a session. What cannot be written
 * is dropped: the next report says it better.
 */
import type { Clock } from '../kernel/clock.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { NodeMetrics } from './node-metrics.ts';
import { type MetricsRow, storeMetrics } from './store.ts';

export interface MetricsWriterParts {
  readonly db: Queryable;
  readonly clock: Clock;
  readonly observeBatch?: (rows: number) => void;
}

const MAX_ROWS = 500;

export class MetricsWriter {
  readonly #parts: MetricsWriterParts;
  readonly #waiting = new Map<NodeId, MetricsRow>();

  constructor(parts: MetricsWriterParts) {
    this.#parts = parts;
  }

  put({ nodeId, epoch }: { readonly nodeId: NodeId; readonly epoch: number }, metrics: NodeMetrics): void {
    this.#waiting.set(nodeId, { nodeId, epoch, metrics, at: this.#parts.clock.now() });
  }

  /** Writes what waits. Only one at a time: of two reports of a node the later one has to be the last. */
  async flush(): Promise<void> {
    const reports = [...this.#waiting.values()];
    this.#waiting.clear();
    for (let first = 0; first < reports.length; first += MAX_ROWS) {
      const batch = reports.slice(first, first + MAX_ROWS);
      await storeMetrics(this.#parts.db, batch);
      this.#parts.observeBatch?.(batch.length);
    }
  }
}

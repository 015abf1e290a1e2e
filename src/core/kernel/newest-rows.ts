import type { NodeId } from './ids.ts';
import { storeApart } from './store-apart.ts';

export interface NewestRowsOptions<Row> {
  /** Stores rows of different nodes in one statement. */
  readonly store: (rows: readonly Row[]) => Promise<unknown>;
  /** Rows of one statement. */
  readonly maxRows: number;
  /** What becomes of rows while the database is away: the next word of a node says it better, or nothing ever will. */
  readonly whileAway: 'drop' | 'keep';
  /** A row that can never be stored was left out. */
  readonly onRefused: (error: unknown) => void;
  readonly observeBatch?: ((rows: number) => void) | undefined;
}

/**
 * What nodes say again and again: the newest of each node is kept until a pass writes it together with that of the
 * others. So no frame asks anything of the database, and there are never more rows here than nodes with a session.
 */
export class NewestRows<Row extends { readonly nodeId: NodeId }> {
  readonly #options: NewestRowsOptions<Row>;
  readonly #waiting = new Map<NodeId, Row>();
  #flushing: Promise<void> | undefined;

  constructor(options: NewestRowsOptions<Row>) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  put(row: Row): void {
    this.#waiting.set(row.nodeId, row);
  }

  /** Writes what waits, one flush at a time: of two rows of a node the later one has to be the last. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #flushAll(): Promise<void> {
    const { maxRows, store, onRefused, observeBatch, whileAway } = this.#options;
    const rows = [...this.#waiting.values()];
    this.#waiting.clear();
    for (let first = 0; first < rows.length; first += maxRows) {
      const batch = rows.slice(first, first + maxRows);
      const { refused, left, problem } = await storeApart(batch, store);
      for (const { error } of refused) onRefused(error);
      if (left.length === 0) {
        observeBatch?.(batch.length);
        continue;
      }
      if (whileAway === 'keep') this.#putBack([...left, ...rows.slice(first + maxRows)]);
      throw problem;
    }
  }

  #putBack(rows: readonly Row[]): void {
    for (const row of rows) if (!this.#waiting.has(row.nodeId)) this.#waiting.set(row.nodeId, row);
  }
}

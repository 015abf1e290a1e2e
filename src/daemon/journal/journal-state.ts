import type { Finished } from '#protocol/gen/garrison/node/v1/node.ts';
import type { JournalEntry, JournalRecord } from './journal.ts';

/** The records, folded. A record that does not fit what is known changes nothing. */
export class JournalState {
  readonly entries = new Map<string, JournalEntry>();
  readonly #acknowledged = new Map<string, Finished>();
  readonly #maxAcknowledged: number;

  /** @param maxAcknowledged how many ended executions are remembered; the oldest are forgotten first. */
  constructor(maxAcknowledged: number) {
    this.#maxAcknowledged = maxAcknowledged;
  }

  acknowledged(id: string): Finished | undefined {
    return this.#acknowledged.get(id);
  }

  apply(record: JournalRecord): void {
    const id = record.kind === 'received' ? record.order.executionId : record.id;
    const entry = this.entries.get(id);
    switch (record.kind) {
      case 'received':
        if (entry === undefined && !this.#acknowledged.has(id)) {
          this.entries.set(id, { state: 'received', order: record.order });
        }
        break;
      case 'started':
        if (entry?.state === 'received') {
          this.entries.set(id, { state: 'started', order: entry.order, at: record.at, mark: undefined });
        }
        break;
      case 'process':
        if (entry?.state === 'started') this.entries.set(id, { ...entry, mark: record.mark });
        break;
      case 'finished':
        if (!this.#acknowledged.has(id)) this.entries.set(id, { state: 'finished', finished: record.finished });
        break;
      case 'acknowledged':
        if (entry?.state === 'finished') this.#acknowledge(id, entry.finished);
        break;
    }
  }

  /** Records that, applied to nothing, give this state again. */
  *records(): Generator<JournalRecord> {
    for (const [id, finished] of this.#acknowledged) {
      yield { kind: 'finished', id, finished };
      yield { kind: 'acknowledged', id };
    }
    for (const [id, entry] of this.entries) {
      if (entry.state === 'finished') {
        yield { kind: 'finished', id, finished: entry.finished };
        continue;
      }
      yield { kind: 'received', order: entry.order };
      if (entry.state === 'started') yield { kind: 'started', id, at: entry.at };
      if (entry.state === 'started' && entry.mark !== undefined) yield { kind: 'process', id, mark: entry.mark };
    }
  }

  #acknowledge(id: string, finished: Finished): void {
    this.entries.delete(id);
    this.#acknowledged.set(id, { ...finished, resultJson: '' });
    if (this.#acknowledged.size <= this.#maxAcknowledged) return;
    const [oldest] = this.#acknowledged.keys();
    if (oldest !== undefined) this.#acknowledged.delete(oldest);
  }
}

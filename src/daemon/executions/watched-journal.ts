import { messageOf } from '../daemon-error.ts';
import type { Journal, JournalRecord } from '../journal/journal.ts';

/** The journal, and what was wrong when it was last written. */
export class WatchedJournal {
  readonly #journal: Journal;
  #problem: string | undefined;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** For people; undefined while the journal takes what it is given. After a failure, asking is trying again. */
  get problem(): string | undefined {
    if (this.#problem !== undefined && this.#journal.proveRoom?.()) this.#problem = undefined;
    return this.#journal.problem ?? this.#problem;
  }

  get entries(): Journal['entries'] {
    return this.#journal.entries;
  }

  acknowledged(id: string): ReturnType<Journal['acknowledged']> {
    return this.#journal.acknowledged(id);
  }

  /** @throws JournalUnavailable */
  async append(records: readonly JournalRecord[]): Promise<void> {
    try {
      await this.#journal.append(records);
      this.#problem = undefined;
    } catch (error) {
      this.#problem = messageOf(error);
      throw error;
    }
  }

  /**
   * What can do without: after a crash a process is found by its environment, an end is told as interrupted, and what was
   * acknowledged is told once more and acknowledged again.
   */
  note(record: JournalRecord): void {
    try {
      this.#journal.note(record);
    } catch (error) {
      this.#problem = messageOf(error);
    }
  }
}

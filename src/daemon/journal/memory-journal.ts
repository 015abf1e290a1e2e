import type { Journal, JournalRecord } from './journal.ts';
import { JournalState } from './journal-state.ts';

/** For simulated nodes: the same rules, and nothing survives. */
export function memoryJournal(): Journal {
  const state = new JournalState(16);
  return {
    entries: state.entries,
    sizeBytes: 0,
    acknowledged: (id) => state.acknowledged(id),
    append: async (records: readonly JournalRecord[]) => {
      for (const record of records) state.apply(record);
    },
    note: (record) => state.apply(record),
    close: async () => {},
  };
}

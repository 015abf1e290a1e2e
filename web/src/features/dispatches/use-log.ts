import { useEffect, useState } from 'react';
import { call } from '../../api/call.ts';
import { type Dispatch, isOver } from './queries.ts';

export type LogEntry = NonNullable<Dispatch['logs']>[number];

const PAGE = 1_000;
const LOOK_EVERY_MS = 1_000;

interface Log {
  readonly entries: readonly LogEntry[];
  readonly error: unknown;
}

/**
 * The log from its beginning, a page after the other, each behind the place where the one before ended: nothing is missing
 * and nothing twice, whatever breaks in between. Read on until the dispatch is over and all of it is here.
 */
export function useLog(id: string): Log {
  const [log, setLog] = useState<Log>({ entries: [], error: null });
  useEffect(() => {
    const over = new AbortController();
    setLog({ entries: [], error: null });
    void read(id, over.signal, setLog);
    return () => over.abort();
  }, [id]);
  return log;
}

async function read(id: string, over: AbortSignal, set: (change: (before: Log) => Log) => void): Promise<void> {
  let offset: string | undefined;
  for (;;) {
    try {
      const query = { logLimit: PAGE, ...(offset !== undefined && { logOffset: offset }) };
      const { data } = await call('GET /dispatch/{dispatchId}', { path: { dispatchId: id }, query, signal: over });
      const { logs = [], logOffset } = data;
      offset = logOffset ?? offset;
      set(({ entries }) => ({ entries: logs.length === 0 ? entries : [...entries, ...logs], error: null }));
      if (logs.length === 0 && isOver(data)) return;
      if (logs.length === PAGE) continue;
    } catch (error) {
      if (over.aborted) return;
      set(({ entries }) => ({ entries, error: entries.length === 0 ? error : null }));
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    if (over.aborted) return;
  }
}

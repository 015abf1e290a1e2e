import type { Queryable } from '../kernel/sql.ts';
import type { EndedExecution } from './store-reports.ts';
import { tellEnds } from './tell-commands.ts';

/** Tells of ends in the transaction that makes them. */
export async function recordEnds(tx: Queryable, ended: readonly EndedExecution[]): Promise<void> {
  await tellEnds(
    tx,
    ended.map(({ id }) => id),
  );
}

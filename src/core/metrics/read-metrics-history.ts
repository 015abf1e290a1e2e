import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import { HISTORY, type HistoryRow, RECENT } from './history-point.ts';
import { isNodeOf, readHistory, readRecent } from './history-store.ts';

/** How far back, and in which slots. */
export const HISTORY_RANGES = {
  '1h': { ...RECENT, read: readRecent },
  '24h': { slotMs: HISTORY.slotMs, keptMs: 86_400_000, read: readHistory },
  '7d': { ...HISTORY, read: readHistory },
} as const;

export type HistoryRange = keyof typeof HISTORY_RANGES;

export interface HistoryPoint extends Omit<HistoryRow, 'receivedBytes' | 'sentBytes'> {
  /** Since the point before; null for the first one, and after the host started anew. */
  readonly receivedPerSecond: number | null;
  readonly sentPerSecond: number | null;
}

export interface MetricsHistory {
  readonly slotMs: number;
  readonly since: Date;
  readonly until: Date;
  /** Slots in which the node told nothing are left out. */
  readonly points: readonly HistoryPoint[];
}

/** The metrics of one node over time, oldest first. @throws FleetError `not_found`. */
export async function readMetricsHistory(
  ctx: Context,
  db: Queryable,
  { nodeId, range }: { readonly nodeId: NodeId; readonly range: HistoryRange },
): Promise<MetricsHistory> {
  if (!(await isNodeOf(db, ctx, nodeId))) throw notFound('node');
  const { slotMs, keptMs, read } = HISTORY_RANGES[range];
  const until = ctx.clock.now();
  const since = new Date(until.getTime() - keptMs);
  const rows = await read(db, ctx, nodeId, since);
  return { slotMs, since, until, points: rows.map((row, place) => pointOf(row, rows[place - 1])) };
}

function pointOf({ receivedBytes, sentBytes, ...row }: HistoryRow, before: HistoryRow | undefined): HistoryPoint {
  const seconds = before === undefined ? 0 : (row.at.getTime() - before.at.getTime()) / 1_000;
  return {
    ...row,
    receivedPerSecond: rate(receivedBytes, before?.receivedBytes ?? null, seconds),
    sentPerSecond: rate(sentBytes, before?.sentBytes ?? null, seconds),
  };
}

function rate(now: number | null, before: number | null, seconds: number): number | null {
  return now === null || before === null || now < before ? null : (now - before) / seconds;
}

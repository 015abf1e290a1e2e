import type { HostMetrics } from './node-metrics.ts';

/** What is kept of a report for longer than five minutes. A metric without a source is null. */
export interface HistoryFigures {
  readonly cpuPercent: number | null;
  readonly memoryPercent: number | null;
  /** The root file system. */
  readonly diskPercent: number | null;
  readonly load1m: number | null;
  /** Counters of all interfaces but the loopback, since the host started. */
  readonly receivedBytes: number | null;
  readonly sentBytes: number | null;
}

export interface HistoryRow extends HistoryFigures {
  /** The beginning of the slot. */
  readonly at: Date;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The newest reports by short slots, older ones as means of long slots. */
export const RECENT = { slotMs: 15 * SECOND, keptMs: HOUR } as const;
export const HISTORY = { slotMs: 10 * MINUTE, keptMs: 168 * HOUR } as const;

/** The beginning of the slot that `ms` is in. */
export function slotOf(ms: number, slotMs: number): Date {
  return new Date(Math.floor(ms / slotMs) * slotMs);
}

export function historyFigures(host: HostMetrics): HistoryFigures {
  const root = host.disks.find(({ mount }) => mount === '/') ?? null;
  const interfaces = host.interfaces.filter(({ name }) => name !== 'lo');
  const summed = (count: (one: (typeof interfaces)[number]) => number) =>
    interfaces.length === 0 ? null : interfaces.reduce((sum, one) => sum + count(one), 0);
  return {
    cpuPercent: single(host.cpuUsagePercent),
    memoryPercent: usedPercent(host.memory),
    diskPercent: usedPercent(root),
    load1m: single(host.load1m),
    receivedBytes: summed((one) => one.receivedBytes),
    sentBytes: summed((one) => one.sentBytes),
  };
}

function usedPercent(capacity: HostMetrics['memory']): number | null {
  if (capacity === null || capacity.totalBytes <= 0) return null;
  return Math.max(0, 100 - (100 * capacity.availableBytes) / capacity.totalBytes);
}

/** Kept with single precision; what is no number of that size is no metric of a host. */
function single(figure: number | null): number | null {
  const rounded = Math.fround(figure ?? Number.NaN);
  return Number.isFinite(rounded) ? rounded : null;
}

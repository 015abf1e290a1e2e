import type { Static } from 'typebox';
import type { NodeId } from '#core/kernel/ids.ts';
import type { MetricsHistory as CoreHistory } from '#core/metrics/read-metrics-history.ts';
import type { MetricsHistory } from '../wire/metrics-history.ts';
import { writeInstant } from './instants.ts';

export function writeMetricsHistory(nodeId: NodeId, history: CoreHistory): Static<typeof MetricsHistory> {
  return {
    node_id: nodeId,
    step_seconds: history.slotMs / 1_000,
    since: writeInstant(history.since),
    until: writeInstant(history.until),
    items: history.points.map((point) => ({
      at: writeInstant(point.at),
      cpu_percent: rounded(point.cpuPercent),
      memory_percent: rounded(point.memoryPercent),
      disk_percent: rounded(point.diskPercent),
      load_1m: rounded(point.load1m),
      received_bytes_per_second: rounded(point.receivedPerSecond),
      sent_bytes_per_second: rounded(point.sentPerSecond),
    })),
  };
}

/** Two digits: what is stored is no more exact. */
function rounded(figure: number | null): number | null {
  return figure === null ? null : Math.round(figure * 100) / 100;
}

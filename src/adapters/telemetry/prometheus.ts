import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Labels, MetricSpec, Reading, Telemetry } from '#core/kernel/telemetry.ts';

export interface PrometheusTelemetry extends Telemetry {
  /** The metrics in the text format of Prometheus. */
  collect(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Gauges of the library that are called like counters, which `promtool check metrics` refuses. */
const MISNAMED = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total'];

type Read = () => Reading | Promise<Reading>;

/** @param table the names there are, from `core/kernel/telemetry.ts`. */
export function createTelemetry(table: Readonly<Record<string, MetricSpec>>): PrometheusTelemetry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();
  const reads = new Map<string, Read[]>();
  for (const [name, { kind, help, labels = [], buckets }] of Object.entries(table)) {
    const shared = { name, help, labelNames: [...labels], registers: [registry] };
    if (kind === 'counter') counters.set(name, new Counter(shared));
    else if (kind === 'histogram')
      histograms.set(name, new Histogram(buckets ? { ...shared, buckets: [...buckets] } : shared));
    else {
      const collected: Read[] = [];
      reads.set(name, collected);
      const [label] = labels;
      new Gauge({
        ...shared,
        async collect() {
          this.reset();
          for (const read of collected) await setReading(this, label, read);
        },
      });
    }
  }
  return {
    gauge: (name, read) => reads.get(name)?.push(read),
    count: (name, labels: Labels = {}, by = 1) => counters.get(name)?.inc({ ...labels }, by),
    observe: (name, value, labels: Labels = {}) => histograms.get(name)?.observe({ ...labels }, value),
    collect: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

/** A reading that fails (a database that is away) leaves its gauge out and the rest of the metrics in. */
async function setReading(gauge: Gauge, label: string | undefined, read: Read): Promise<void> {
  let reading: Reading;
  try {
    reading = await read();
  } catch {
    return;
  }
  if (typeof reading === 'number') gauge.set(reading);
  else if (label !== undefined)
    for (const [value, number] of Object.entries(reading)) gauge.set({ [label]: value }, number);
}

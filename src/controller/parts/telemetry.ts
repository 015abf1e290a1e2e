import { createTelemetry } from '#adapters/telemetry/prometheus.ts';
import { METRICS } from '#core/kernel/telemetry.ts';

/** What this controller measures of itself. */
export function makeTelemetry() {
  const telemetry = createTelemetry(METRICS);
  return {
    ...telemetry,
    /** For a writer of batches: notes the size of each. */
    observesBatches: (batch: string) => (rows: number) => telemetry.observe('garrison_batch_size', rows, { batch }),
  };
}

export type ControllerTelemetry = ReturnType<typeof makeTelemetry>;

import { readProcessFigures } from '#runtime/process-figures.ts';
import type { DaemonPart } from '../daemon-part.ts';
import type { MetricsReporter } from '../metrics/metrics-reporter.ts';

/** What the host and the daemon take, told as often as the controller asks. */
export function metricsPart(reporter: MetricsReporter): DaemonPart {
  return {
    name: 'metrics',
    onWelcome: ({ metricsIntervalMs }) => reporter.reportEvery(metricsIntervalMs),
    metrics: readProcessFigures,
    stop: () => reporter.stop(),
  };
}

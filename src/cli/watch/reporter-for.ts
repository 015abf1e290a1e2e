import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import type { Invocation } from '../invocation.ts';
import { DocumentReporter, EventLineReporter } from './data-reporter.ts';
import { LiveReporter } from './live-reporter.ts';
import { OutputByGroup } from './output-by-group.ts';
import type { ReportOptions, RunReporter } from './run-reporter.ts';

/** @param client where all nodes of the run are told: folded output is read from it by group */
export async function reporterFor(
  { format, terminal }: Invocation,
  options: Omit<ReportOptions, 'outputs'> & { events?: boolean },
  client: EdgeFleetClient | undefined,
): Promise<RunReporter> {
  if (options.events) return new EventLineReporter(terminal);
  if (format !== 'table') return new DocumentReporter(terminal, format);
  const outputs = options.fold && client !== undefined ? await OutputByGroup.open(client) : undefined;
  return new LiveReporter(terminal, { ...options, outputs });
}

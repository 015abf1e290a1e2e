import type { Invocation } from '../invocation.ts';
import { DocumentReporter, EventLineReporter } from './data-reporter.ts';
import { LiveReporter } from './live-reporter.ts';
import type { ReportOptions, RunReporter } from './run-reporter.ts';

export function reporterFor(
  { format, terminal }: Invocation,
  options: ReportOptions & { events?: boolean },
): RunReporter {
  if (options.events) return new EventLineReporter(terminal);
  return format === 'table' ? new LiveReporter(terminal, options) : new DocumentReporter(terminal, format);
}

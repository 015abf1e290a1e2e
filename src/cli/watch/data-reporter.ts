import type { CommandResult, FleetEvent } from '#client/edge-fleet/wire.ts';
import { type OutputFormat, printView } from '../output/print-view.ts';
import type { Terminal } from '../terminal.ts';
import type { NodeNames } from './node-names.ts';
import type { RunReporter } from './run-reporter.ts';
import type { RunTally } from './run-tally.ts';

/** A run for a program: one document at its end, with everything each node said. */
export class DocumentReporter implements RunReporter {
  readonly needsOutput = true;
  readonly #terminal: Terminal;
  readonly #format: OutputFormat;
  readonly #output = new Map<string, { stdout: string; stderr: string }>();

  constructor(terminal: Terminal, format: OutputFormat) {
    this.#terminal = terminal;
    this.#format = format;
  }

  tell({ event, data }: FleetEvent): void {
    if (event !== 'command_progress') return;
    const said = this.#output.get(data.node_id) ?? { stdout: '', stderr: '' };
    this.#output.set(data.node_id, said);
    if ('stdout' in data.chunk) said.stdout += data.chunk.stdout;
    else said.stderr += data.chunk.stderr;
  }

  lost(): void {}

  say(): void {}

  async end(tally: RunTally, names: NodeNames): Promise<void> {
    const nodes = tally.targets.map((id) => ({
      node_id: id,
      name: names.of(id),
      ...describe(tally.results.get(id)),
      ...(this.#output.get(id) ?? { stdout: '', stderr: '' }),
    }));
    const data = {
      fleet_command_id: tally.runId,
      outcome: tally.outcome,
      errors: tally.refusals,
      summary: tally.summary ?? null,
      targets_skipped: tally.skipped,
      nodes,
    };
    await printView({ data, text: () => '' }, this.#format, this.#terminal.stdout);
  }
}

/** A run for a program that reads along: every event a line of JSON, as it comes. */
export class EventLineReporter implements RunReporter {
  readonly needsOutput = true;
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  tell(event: FleetEvent): void {
    this.#terminal.stdout.write(`${JSON.stringify(event)}\n`);
  }

  lost(why: string): void {
    this.say(`connection lost (${why}), coming back …`);
  }

  say(text: string): void {
    this.#terminal.stderr.write(`${text}\n`);
  }

  async end(): Promise<void> {}
}

function describe(result: CommandResult | undefined): Readonly<Record<string, unknown>> {
  if (result === undefined) return { outcome: 'not_started' };
  const [[outcome, facts]] = Object.entries(result) as [[string, Record<string, unknown>]]; // exactly one key, by its type
  return { outcome, ...facts };
}

import type { CommandEnded, CommandProgress, FleetEvent, FleetFailure } from '#client/edge-fleet/wire.ts';
import { foldNames } from '../output/fold-names.ts';
import { type Paint, paintFor, styleOfName } from '../output/paint.ts';
import { printable } from '../output/printable.ts';
import { formatDuration } from '../output/times.ts';
import type { Screen, Terminal } from '../terminal.ts';
import {
  answerOf,
  countWords,
  describePlan,
  describeResult,
  describeRun,
  describeSkipped,
  isSuccess,
} from './describe-result.ts';
import { describeToolResult } from './describe-tool-result.ts';
import { FoldedOutput, formatGroup } from './fold-output.ts';
import { LineAssembler } from './line-assembler.ts';
import type { NodeNames } from './node-names.ts';
import { ProgressLine } from './progress-line.ts';
import type { ReportOptions, RunReporter } from './run-reporter.ts';
import type { RunTally } from './run-tally.ts';
import { Silences } from './silences.ts';
import { type Wave, Waves } from './waves.ts';

type Stream = 'stdout' | 'stderr';

/** Who leaves waits no longer than this for what was said. */
const LEAVING_MS = 10_000;

/**
 * A run for a person: every line of every node behind its name as it comes, waves, results, and a summary. Only what
 * the nodes write to their standard output goes to ours; all the rest goes to standard error, so that pipes stay clean.
 */
export class LiveReporter implements RunReporter {
  readonly #terminal: Terminal;
  readonly #options: ReportOptions;
  readonly #paint: { readonly stdout: Paint; readonly stderr: Paint };
  readonly #lines = new Map<string, Record<Stream, LineAssembler>>();
  #folded = new FoldedOutput();
  readonly #waves: Waves;
  readonly #silences = new Silences();
  readonly #progress: ProgressLine;
  readonly #startedAt: Date;
  #tally: RunTally | undefined;
  #names: NodeNames | undefined;
  #nameWidth = 0;
  #isLost = false;

  constructor(terminal: Terminal, options: ReportOptions) {
    this.#terminal = terminal;
    this.#options = options;
    this.#paint = { stdout: paintFor(terminal.stdout), stderr: paintFor(terminal.stderr) };
    this.#waves = new Waves(options.policy?.mode, options.policy?.failure_policy);
    this.#progress = new ProgressLine(terminal.stderr, () => this.#progressText());
    this.#startedAt = terminal.now();
  }

  get needsOutput(): boolean {
    return this.#options.outputs === undefined;
  }

  tell(event: FleetEvent, tally: RunTally, names: NodeNames): void {
    this.#tally = tally;
    this.#names = names;
    this.#isLost = false;
    switch (event.event) {
      case 'fleet_started':
        this.#tellStart(tally, names);
        if (event.data.approval !== undefined)
          this.say(`it waits until ${event.data.approval} is approved: garrison approvals show ${event.data.approval}`);
        break;
      case 'command_progress':
        this.#tellWaves(this.#waves.begunFor(event.data.node_id, tally), tally, names);
        this.#silences.hear(event.data.node_id, this.#terminal.now());
        if (!this.#options.transfers?.hear(event.data.node_id, textOf(event.data.chunk)))
          this.#tellOutput(event.data, names);
        break;
      case 'command_result':
        this.#tellWaves(this.#waves.begunFor(event.data.node_id, tally), tally, names);
        this.#tellResult(event.data, names);
        this.#tellWaves(this.#waves.begun(tally), tally, names);
        break;
      case 'error':
        this.#tellFailure(event.data, tally, names);
        break;
      case 'fleet_result':
        break;
    }
  }

  /** Said once until something is heard again. */
  lost(why: string): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.say(`connection lost (${why}), coming back …`);
  }

  say(text: string): void {
    this.#write('stderr', `${text}\n`);
  }

  async end(tally: RunTally, names: NodeNames, signal: AbortSignal): Promise<void> {
    this.#progress.stop();
    await this.#readOutputs(tally, signal.aborted ? AbortSignal.timeout(LEAVING_MS) : signal);
    for (const nodeId of this.#lines.keys()) this.#flush(nodeId, names);
    for (const { nodes, text } of this.#folded.groups()) {
      this.#write('stdout', formatGroup(nodes, this.#shown('stdout', text), names));
    }
    if (tally.summary === undefined && tally.outcome === 'running') return;
    if (this.#options.quiet && tally.exitCode === 0) return;
    const took = this.#terminal.now().getTime() - this.#startedAt.getTime();
    this.say(describeRun(tally, this.#options.isReplay ? undefined : took, this.#paint.stderr));
  }

  #tellStart(tally: RunTally, names: NodeNames): void {
    this.#nameWidth = Math.max(0, ...tally.targets.map((id) => names.of(id).length));
    if (!this.#options.quiet) {
      const nodes = tally.targets.length === 1 ? '1 node' : `${tally.targets.length} nodes`;
      const { policy } = this.#options;
      const plan = policy === undefined ? '' : `, ${describePlan(policy)}`;
      this.say(`run ${tally.runId}: ${tally.targets.length === 0 ? 'no connected node matches' : `${nodes}${plan}`}`);
      for (const line of describeSkipped(tally.skipped, names)) this.say(line);
    }
    this.#tellWaves(this.#waves.begun(tally), tally, names);
    this.#listenToWhoStarts(tally);
    this.#progress.start();
  }

  /** Who starts at once, as far as the policy tells; everybody else is listened to from the first word. */
  #listenToWhoStarts({ targets }: RunTally): void {
    const { policy, isReplay } = this.#options;
    if (policy?.mode !== 'Parallel' || policy.max_concurrency !== undefined || isReplay) return;
    for (const nodeId of targets) this.#silences.hear(nodeId, this.#startedAt);
  }

  async #readOutputs({ runId, results }: RunTally, signal: AbortSignal): Promise<void> {
    const { outputs } = this.#options;
    if (outputs === undefined || runId === null || results.size === 0) return;
    this.#folded = new FoldedOutput();
    for await (const { event, alike } of outputs.read(runId, signal)) {
      if (event.event === 'command_progress') this.#folded.push(event.data.node_id, textOf(event.data.chunk));
      if (event.event !== 'command_result') continue;
      const answer = answerOf(event.data.result);
      if (answer !== undefined) this.#folded.push(event.data.node_id, describeToolResult(answer));
      this.#folded.close(event.data.node_id, alike);
    }
  }

  #tellWaves(waves: readonly Wave[], tally: RunTally, names: NodeNames): void {
    for (const { number, count, nodes } of waves) {
      for (const nodeId of nodes) this.#silences.hear(nodeId, this.#terminal.now());
      if (this.#options.quiet) continue;
      const who = foldNames(nodes.map((id) => names.of(id)));
      const text = `── wave ${number} of ${count}: starting ${nodes.length} of ${tally.targets.length}`;
      this.say(`${this.#paint.stderr('bold', text)} (${who})`);
    }
  }

  #tellOutput({ node_id, chunk }: Pick<CommandProgress, 'node_id' | 'chunk'>, names: NodeNames): void {
    const [stream, text]: [Stream, string] = 'stdout' in chunk ? ['stdout', chunk.stdout] : ['stderr', chunk.stderr];
    if (this.#options.fold) {
      this.#folded.push(node_id, text);
      return;
    }
    const lines = this.#lines.get(node_id) ?? { stdout: new LineAssembler(), stderr: new LineAssembler() };
    this.#lines.set(node_id, lines);
    this.#writeLines(stream, lines[stream].push(text), names.of(node_id));
  }

  #tellResult({ node_id, result }: CommandEnded, names: NodeNames): void {
    this.#silences.forget(node_id);
    const answer = answerOf(result);
    if (answer !== undefined) this.#tellOutput({ node_id, chunk: { stdout: describeToolResult(answer) } }, names);
    this.#flush(node_id, names);
    this.#folded.close(node_id);
    const isSilent = isSuccess(result) && (this.#options.quiet || this.#options.fold);
    if (!isSilent)
      this.say(`${this.#prefix('stderr', names.of(node_id))} ${describeResult(result, this.#paint.stderr)}`);
  }

  #tellFailure({ reason, message }: FleetFailure, tally: RunTally, names: NodeNames): void {
    const why = message && printable(message);
    const texts: Record<FleetFailure['reason'], string> = {
      Halted: `halted after ${tally.failures} failed${why ? `: ${why}` : ''}`,
      EdgeUnavailable: `nothing was run: ${why ?? 'the node is offline or unknown'}`,
      RequireMinNotSatisfied: why ?? 'nothing was run: fewer nodes match than required',
    };
    this.say(this.#paint.stderr('red', texts[reason]));
    if (reason !== 'RequireMinNotSatisfied' || tally.targets.length === 0) return;
    this.say(`these match: ${foldNames(tally.targets.map((id) => names.of(id)))}`);
  }

  #flush(nodeId: string, names: NodeNames): void {
    const lines = this.#lines.get(nodeId);
    if (lines === undefined) return;
    this.#lines.delete(nodeId);
    for (const stream of ['stdout', 'stderr'] as const)
      this.#writeLines(stream, lines[stream].flush(), names.of(nodeId));
  }

  #writeLines(stream: Stream, lines: readonly string[], name: string): void {
    if (lines.length === 0) return;
    const prefix = this.#prefix(stream, name);
    this.#write(stream, lines.map((line) => `${prefix} ${this.#shown(stream, line)}\n`).join(''));
  }

  /** `[name]`, filled up on a terminal so that the lines stand below each other. */
  #prefix(stream: Stream, name: string): string {
    const space = this.#screen(stream).isTerminal ? ' '.repeat(Math.max(0, this.#nameWidth - name.length)) : '';
    return `${this.#paint[stream](styleOfName(name), `[${name}]`)}${space}`;
  }

  #shown(stream: Stream, text: string): string {
    return this.#screen(stream).isTerminal ? printable(text) : text;
  }

  #write(stream: Stream, text: string): void {
    this.#progress.clear();
    this.#screen(stream).write(text);
  }

  #screen(stream: Stream): Screen {
    return this.#terminal[stream];
  }

  #progressText(): string {
    const tally = this.#tally;
    if (tally === undefined) return '';
    const now = this.#terminal.now();
    const took = formatDuration(now.getTime() - this.#startedAt.getTime());
    const done = `${tally.results.size}/${tally.targets.length} done (${countWords(countResults(tally))}) ${took}`;
    const { outputs, isReplay } = this.#options;
    const count = tally.runId === null ? undefined : outputs?.countSoFar(tally.runId, now);
    const different = count === undefined ? [] : [count === 1 ? 'all the same so far' : `${count} different outputs`];
    const word = outputs === undefined ? 'silent' : 'at work';
    const silent = this.#names && !isReplay ? this.#silences.describe(now, this.#names, word) : '';
    const sent = (this.#names && this.#options.transfers?.describe(tally, this.#names)) ?? '';
    return [done, ...different, sent, silent].filter((part) => part !== '').join(', ');
  }
}

function textOf(chunk: CommandProgress['chunk']): string {
  return 'stdout' in chunk ? chunk.stdout : chunk.stderr;
}

function countResults({ results }: RunTally) {
  const count = { ok: 0, err: 0, timed_out: 0, cancelled: 0, not_started: 0 };
  for (const result of results.values()) {
    for (const outcome of ['ok', 'err', 'timed_out', 'cancelled'] as const) if (outcome in result) count[outcome] += 1;
  }
  return count;
}

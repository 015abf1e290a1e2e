import { createWriteStream, type WriteStream } from 'node:fs';
import type { AgentLogLine, AgentPhase, AgentProgressLine, AgentStep } from '#protocol/tools/agent-result.ts';
import type { ExecutionIo } from '../../executions/executor.ts';
import type { Redactor } from './redactor.ts';

/** What execution.log keeps; lines beyond are in the output of the execution as far as that goes. */
const MOST_BYTES = 64 * 1024 * 1024;

const PERCENT: Readonly<Record<AgentStep, number>> = {
  preparing: 5,
  fetching: 10,
  checking_out: 15,
  context: 20,
  agent_started: 25,
  agent_ended: 85,
  collecting: 88,
  judging: 90,
  uploading: 92,
  done: 100,
};

const PHASE: Readonly<Record<AgentStep, AgentPhase>> = {
  preparing: 'provisioning',
  fetching: 'provisioning',
  checking_out: 'provisioning',
  context: 'provisioning',
  agent_started: 'running',
  agent_ended: 'completing',
  collecting: 'completing',
  judging: 'completing',
  uploading: 'completing',
  done: 'completing',
};

/** What people see of a run: lines, and how far it is. Everything said is redacted here, and nowhere else. */
export class AgentLog {
  readonly #io: Pick<ExecutionIo, 'write'>;
  readonly #redactor: Redactor;
  readonly #file: WriteStream;
  #bytes = 0;
  #closed: Promise<void> | undefined;
  #percent = 0;
  readonly #steps: AgentProgressLine[] = [];

  constructor(io: Pick<ExecutionIo, 'write'>, redactor: Redactor, file: string) {
    this.#io = io;
    this.#redactor = redactor;
    this.#file = createWriteStream(file, { flags: 'wx', mode: 0o600 });
    this.#file.on('error', () => {}); // a full disk: the output of the execution has the lines
  }

  get steps(): readonly AgentProgressLine[] {
    return this.#steps;
  }

  /** False: whoever says more is to wait. */
  say(source: AgentLogLine['source'], level: AgentLogLine['level'], text: string): boolean {
    const message = withoutControls(this.#redactor.redact(text));
    const line: AgentLogLine = { at: new Date().toISOString(), level, source, message };
    this.#keep(line);
    return this.#io.write(1, Buffer.from(`${JSON.stringify(line)}\n`, 'utf8'));
  }

  step(step: AgentStep, modelId?: string): void {
    this.#percent = Math.max(this.#percent, PERCENT[step]);
    const line: AgentProgressLine = {
      at: new Date().toISOString(),
      phase: PHASE[step],
      step,
      percent: this.#percent,
      ...(modelId !== undefined && { model_id: modelId }),
    };
    this.#steps.push(line);
    this.#io.write(2, Buffer.from(`${JSON.stringify(line)}\n`, 'utf8'));
  }

  /** The agent tells how much of its plan is done; what has been told once is not taken back. */
  advance(share: number): void {
    const percent = Math.round(PERCENT.agent_started + share * (PERCENT.agent_ended - PERCENT.agent_started));
    if (percent <= this.#percent) return;
    this.#percent = percent;
    const line: AgentProgressLine = {
      at: new Date().toISOString(),
      phase: 'running',
      step: 'agent_started',
      percent,
    };
    this.#io.write(2, Buffer.from(`${JSON.stringify(line)}\n`, 'utf8'));
  }

  /** Resolves when execution.log is whole; what is said later is not in it. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#file.once('close', () => resolve()));
    if (this.#file.closed) return;
    this.#file.end();
    await closed;
  }

  #keep({ at, level, source, message }: AgentLogLine): void {
    if (this.#bytes > MOST_BYTES || this.#closed !== undefined) return;
    const text = `${at} ${level} ${source}: ${message}\n`;
    this.#bytes += Buffer.byteLength(text);
    this.#file.write(this.#bytes > MOST_BYTES ? `… the rest is left out: ${MOST_BYTES} bytes are kept\n` : text);
  }
}

/** Colours and cursors mean nothing here, and a terminal that shows a log must not take orders from it. */
function withoutControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/\u001b\[[0-9;?]{0,32}[ -/]?[@-~]/g, '').replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
}

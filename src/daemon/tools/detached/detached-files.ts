/**
 * What is kept of an order that outlives the daemon, in a directory of its own: written by its runner, read by whichever
 * life of the daemon follows it.
 *
 * order.json    what to run; gone once the runner has it
 * runner.json   who runs it. Made by one process only, whoever is first: a runner that comes second starts nothing
 * command.json  the process, and when it started
 * output        records of limited output, ready to be sent: the n-th is the chunk with the ordinal n
 * end.json      how it ended; written last
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createFileAtomically, writeFileAtomically } from '#runtime/write-file-atomically.ts';
import type { ToolEnding } from '../../executions/executor.ts';
import type { OutputTotals } from '../../executions/output-recorder.ts';
import type { ProcessMark } from '../../journal/journal.ts';
import type { ProcessOrder } from '../processes/run-process.ts';

export interface DetachedOrder {
  readonly order: ProcessOrder;
  readonly outputLimitBytes: number;
}

export interface DetachedCommand {
  readonly mark: ProcessMark;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface DetachedEnd {
  readonly ending: ToolEnding;
  readonly totals: OutputTotals;
}

export class DetachedFiles {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  get outputFile(): string {
    return join(this.directory, 'output');
  }

  get isThere(): boolean {
    return existsSync(this.directory);
  }

  /** @throws where it is there already */
  begin(order: DetachedOrder): void {
    mkdirSync(this.directory, { mode: 0o700 });
    this.#write('order.json', order);
  }

  takeOrder(): DetachedOrder | undefined {
    const order = this.#read<DetachedOrder>('order.json');
    rmSync(join(this.directory, 'order.json'), { force: true });
    return order;
  }

  /** False when somebody else has it. */
  claim(runner: ProcessMark): boolean {
    return createFileAtomically(join(this.directory, 'runner.json'), JSON.stringify(runner));
  }

  get runner(): ProcessMark | undefined {
    return this.#read('runner.json');
  }

  get command(): DetachedCommand | undefined {
    return this.#read('command.json');
  }

  started(command: DetachedCommand): void {
    this.#write('command.json', command);
  }

  get end(): DetachedEnd | undefined {
    return this.#read('end.json');
  }

  ended(end: DetachedEnd): void {
    this.#write('end.json', end);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #write(name: string, content: unknown): void {
    writeFileAtomically(join(this.directory, name), Buffer.from(JSON.stringify(content)));
  }

  #read<Content>(name: string): Content | undefined {
    try {
      return JSON.parse(readFileSync(join(this.directory, name), 'utf8')) as Content; // written by us, whole or not at all
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

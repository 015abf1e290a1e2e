import type { Service } from './service.ts';
import { tellFailure } from './tell-failure.ts';

export interface ReconcilerOptions {
  readonly name: string;
  /** From the end of one pass to the beginning of the next. */
  readonly everyMs: number;
  /** One pass: looks at what is, makes it what it should be. Takes no input, so that every way to start it does the same. */
  reconcile(signal: AbortSignal): Promise<void>;
  /** A pass on the timer has failed; the next one tries again. */
  onFailure?(error: unknown): void;
}

/**
 * Runs a pass when it starts, every `everyMs` after that, and when it is nudged; never two at once. `start` rejects when
 * the first pass fails. It may be started again after it was stopped.
 */
export class Reconciler implements Service {
  readonly name: string;
  readonly #options: ReconcilerOptions;
  #abort: AbortController | undefined;
  #started: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The pass that runs, or the last one that ran. Never rejects. */
  #running: Promise<void> = Promise.resolve();
  /** The pass that waits for the one that runs. */
  #waiting: Promise<void> | undefined;

  constructor(options: ReconcilerOptions) {
    this.name = options.name;
    this.#options = options;
  }

  start(): Promise<void> {
    this.#abort ??= new AbortController();
    this.#started ??= this.nudge();
    return this.#started;
  }

  async stop(): Promise<void> {
    this.#abort?.abort();
    clearTimeout(this.#timer);
    await this.#waiting?.catch(() => {}); // told to whoever nudged
    await this.#running;
    this.#abort = undefined;
    this.#started = undefined;
  }

  /** Resolves after a pass that began after this call; everyone who calls meanwhile gets the same pass. Nothing while stopped. */
  nudge(): Promise<void> {
    this.#waiting ??= this.#running.then(() => {
      this.#waiting = undefined;
      const pass = this.#pass();
      this.#running = pass.catch(() => {});
      return pass;
    });
    return this.#waiting;
  }

  async #pass(): Promise<void> {
    clearTimeout(this.#timer);
    const signal = this.#abort?.signal ?? AbortSignal.abort();
    if (signal.aborted) return;
    try {
      await this.#options.reconcile(signal);
    } finally {
      if (!signal.aborted) this.#timer = setTimeout(() => this.#onTimer(), this.#options.everyMs);
    }
  }

  #onTimer(): void {
    this.nudge().catch((error) => tellFailure((one) => this.#options.onFailure?.(one), error));
  }
}

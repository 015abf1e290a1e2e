import type { Log } from '#runtime/log.ts';
import { messageOf } from '../daemon-error.ts';
import { factsAsJson, type HostFacts } from './host-facts.ts';

export interface FactsWatchParts {
  readonly read: () => HostFacts;
  readonly onChange: (facts: HostFacts) => void;
  readonly log: Log;
  /** Default 60 s. */
  readonly everyMs?: number;
}

/** The facts of the host as they were last read, and who wants to know when they change. */
export class FactsWatch {
  readonly #parts: FactsWatchParts;
  #current: HostFacts | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: FactsWatchParts) {
    this.#parts = parts;
  }

  get current(): HostFacts {
    this.#current ??= this.#parts.read();
    return this.#current;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.look(), this.#parts.everyMs ?? 60_000);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Reads them now. */
  look(): void {
    try {
      const facts = this.#parts.read();
      if (fingerprint(facts) === fingerprint(this.current)) return;
      this.#current = facts;
      this.#parts.onChange(facts);
    } catch (error) {
      this.#parts.log.warn(
        { error: messageOf(error) },
        'the facts of the host could not be read; the last ones are kept',
      );
    }
  }
}

/** Without what changes although nothing has: the boot time moves by a second with the clock. */
function fingerprint(facts: HostFacts): string {
  return JSON.stringify({ ...factsAsJson(facts), booted_at: undefined });
}

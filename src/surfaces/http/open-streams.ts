import { FleetError } from '#core/kernel/fleet-error.ts';

/** What all readers together may keep waiting, bytes; and what each may, however many there are. */
const BYTES_FOR_ALL = 64 * 1_048_576;
const MOST_BYTES_FOR_ONE = 1_048_576;
const FEWEST_BYTES_FOR_ONE = 32_768;

/** An answer that lives as long as its reader. */
export interface LongAnswer {
  /** Aborted when it is over. */
  readonly over: AbortSignal;
  /** Ends it after what is on its way. */
  end(): void;
  /** Ends it now. */
  cut(): void;
}

/** Whether whoever opened an answer still may: rejects as it would if the answer were asked for now. */
export type StillMay = () => Promise<unknown>;

/** With the memory of the key ring (1 s), an answer ends within two seconds of what opened it. */
const LOOK_EVERY_MS = 800;

/**
 * The long-lived answers that are open. Each is registered with a question about its credential, which is asked again and
 * again: what a revoked or expired token, a scope or a tenant taken away would not open now, does not go on either. While
 * the question cannot be answered, the answer goes on. What waits for
 * slow readers is bounded in all. A stopping server ends all.
 */
export class OpenStreams {
  readonly #open = new Map<LongAnswer, StillMay>();
  readonly #asking = new Set<LongAnswer>();
  #timer: NodeJS.Timeout | undefined;
  #isEnding = false;

  get size(): number {
    return this.#open.size;
  }

  /** Bytes that may wait for one reader: fewer, the more readers there are. */
  get bytesForEach(): number {
    const share = BYTES_FOR_ALL / Math.max(1, this.#open.size);
    return Math.max(FEWEST_BYTES_FOR_ONE, Math.min(MOST_BYTES_FOR_ONE, share));
  }

  add(answer: LongAnswer, stillMay: StillMay): void {
    if (this.#isEnding) {
      answer.end();
      return;
    }
    if (answer.over.aborted) return;
    this.#open.set(answer, stillMay);
    answer.over.addEventListener('abort', () => this.#forget(answer), { once: true });
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  /** Ends all, and every one that is added afterwards. */
  endAll(): void {
    this.#isEnding = true;
    for (const answer of this.#open.keys()) answer.end();
  }

  #forget(answer: LongAnswer): void {
    this.#open.delete(answer);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    for (const [answer, stillMay] of this.#open) {
      if (!this.#asking.has(answer)) void this.#ask(answer, stillMay);
    }
  }

  async #ask(answer: LongAnswer, stillMay: StillMay): Promise<void> {
    this.#asking.add(answer);
    try {
      await stillMay();
    } catch (error) {
      if (error instanceof FleetError && REFUSALS.has(error.code)) answer.cut();
    } finally {
      this.#asking.delete(answer);
    }
  }
}

const REFUSALS: ReadonlySet<string> = new Set(['unauthenticated', 'forbidden', 'insufficient_scope', 'not_found']);

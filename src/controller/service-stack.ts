import type { Log } from '#runtime/log.ts';
import type { Service } from '#runtime/service.ts';

interface Running {
  readonly name: string;
  stop(): Promise<void>;
}

/** Longest a part may take to stop, milliseconds: the longest drain, and room for what it has to write. */
const PATIENCE_MS = 30_000;

/**
 * Starts parts one after the other and stops what has been started in the reverse order; a part that cannot stop, or does
 * not within `PATIENCE_MS`, is logged, and the next one stops.
 */
export class ServiceStack {
  readonly #log: Log;
  readonly #running: Running[] = [];
  #stopping: Promise<void> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  async start<Part extends Service>(name: string, part: Part): Promise<Part> {
    this.#running.push({ name, stop: () => part.stop() });
    await part.start();
    return part;
  }

  /** Something that is there already and has to be ended in its turn. */
  add(name: string, stop: () => Promise<void>): void {
    this.#running.push({ name, stop });
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    for (const { name, stop } of this.#running.reverse()) {
      try {
        await inTime(stop());
      } catch (error) {
        this.#log.error({ err: error, part: name }, 'a part could not be stopped');
      }
    }
  }
}

async function inTime(stopped: Promise<void>): Promise<void> {
  const tooLate = Promise.withResolvers<never>();
  const timer = setTimeout(() => tooLate.reject(new Error(`it is not over after ${PATIENCE_MS} ms`)), PATIENCE_MS);
  await Promise.race([stopped, tooLate.promise]).finally(() => clearTimeout(timer));
}

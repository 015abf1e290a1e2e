import type { Metrics } from '#protocol/gen/garrison/node/v1/node.ts';
import type { Log } from '#runtime/log.ts';
import { messageOf } from '../daemon-error.ts';
import type { SessionLink } from '../session/session-link.ts';

export interface MetricsReporterParts {
  readonly collect: () => Promise<Metrics>;
  readonly link: SessionLink;
  readonly log: Log;
  readonly random?: (() => number) | undefined;
}

/** When the first report comes after Welcome, at the latest: nodes that return together do not all report at once. */
const FIRST_WITHIN_MS = 2_000;

/** Tells the figures every so often, give or take a tenth, as long as a session is open. */
export class MetricsReporter {
  readonly #parts: MetricsReporterParts;
  readonly #random: () => number;
  #everyMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: MetricsReporterParts) {
    this.#parts = parts;
    this.#random = parts.random ?? Math.random;
  }

  /** A controller has said how often it wants them; 0: not at all. */
  reportEvery(everyMs: number): void {
    this.stop();
    this.#everyMs = everyMs;
    this.#reportIn(this.#random() * Math.min(FIRST_WITHIN_MS, everyMs));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#everyMs = 0;
  }

  #reportIn(ms: number): void {
    if (this.#everyMs === 0) return;
    this.#timer = setTimeout(() => void this.#report(), ms);
    this.#timer.unref();
  }

  /** While no session is open, or its stream is full, nothing is read: old figures are of no use to anybody. */
  async #report(): Promise<void> {
    const { collect, link, log } = this.#parts;
    const timer = this.#timer;
    try {
      if (link.isWritable) link.send({ $case: 'metrics', value: await collect() });
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'the metrics of this host could not be read');
    }
    if (this.#timer === timer) this.#reportIn(this.#everyMs * (0.9 + 0.2 * this.#random()));
  }
}

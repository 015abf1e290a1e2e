/**
 * Work that several processes share through leases in a database.
 *
 * A unit of work is claimed by whoever finds it due; nobody else has it until its lease ends. While it is worked on, its
 * lease is renewed at a third of its time; who finds that it has lost one stops working on it. What a former holder still
 * writes has no effect, because every claim has an epoch of its own and writes are conditional on it: that part is the
 * store's. A process that is killed leaves its units to the others when their leases end.
 *
 * claim → working    `work` is called with a signal.
 * working → done     `work` has returned: it has let the unit go with its last write. Another look for units follows at once.
 * working → lost     a renewal did not find it: the signal is aborted, and nothing more is written.
 * working → left     `work` has thrown: the unit comes back when its lease ends.
 * working → passed   we have claimed it once more ourselves: it had been let go, or its lease had ended. The signal of the
 *                    former claim is aborted.
 *
 * `stop` aborts every signal and resolves when all work has returned.
 */
import { Reconciler } from './reconciler.ts';
import type { Service } from './service.ts';
import { tellFailure } from './tell-failure.ts';

export interface ClaimedWork {
  readonly id: string;
}

export interface LeasedWorkOptions<Unit extends ClaimedWork> {
  readonly name: string;
  /** Claims at most `room` units that are due. */
  claim(room: number): Promise<readonly Unit[]>;
  /** Renews these leases; returns the ids of those that are still held. */
  renew(units: readonly Unit[]): Promise<ReadonlySet<string>>;
  /** Works on one, and lets it go with its last write. */
  work(unit: Unit, signal: AbortSignal): Promise<void>;
  readonly leaseMs: number;
  /** Between two looks for units that are due; a nudge looks at once. */
  readonly everyMs: number;
  /** Units at work at the same time. */
  readonly most: number;
  /** A look, a renewal or a piece of work has failed; each is tried again. */
  onFailure(error: unknown): void;
}

interface Working<Unit> {
  readonly unit: Unit;
  readonly abort: AbortController;
  readonly over: Promise<void>;
}

export class LeasedWork<Unit extends ClaimedWork> implements Service {
  readonly name: string;
  readonly #options: LeasedWorkOptions<Unit>;
  /** A unit that was let go can be claimed anew before `work` has returned: then it is here twice, under two epochs. */
  readonly #working = new Set<Working<Unit>>();
  readonly #looking: Reconciler;
  readonly #renewing: Reconciler;

  constructor(options: LeasedWorkOptions<Unit>) {
    this.name = options.name;
    this.#options = options;
    const { everyMs, leaseMs } = options;
    const onFailure = (error: unknown) => options.onFailure(error);
    this.#looking = new Reconciler({
      name: options.name,
      everyMs,
      reconcile: (signal) => this.#look(signal),
      onFailure,
    });
    this.#renewing = new Reconciler({
      name: `${options.name}: leases`,
      everyMs: leaseMs / 3,
      reconcile: () => this.#renew(),
      onFailure,
    });
  }

  /** Units at work. */
  get size(): number {
    return this.#working.size;
  }

  async start(): Promise<void> {
    await this.#renewing.start();
    await this.#looking.start();
  }

  async stop(): Promise<void> {
    await this.#looking.stop();
    for (const { abort } of this.#working) abort.abort();
    await Promise.all([...this.#working].map(({ over }) => over));
    await this.#renewing.stop();
  }

  /** Something may be due: looks now. Failures are told like those of the timer. */
  nudge(): void {
    this.#looking.nudge().catch((error) => this.#tell(error));
  }

  async #look(signal: AbortSignal): Promise<void> {
    const room = this.#options.most - this.#working.size;
    if (room <= 0) return; // whoever ends looks again
    const units = await this.#options.claim(room);
    for (const unit of units) this.#begin(unit, signal);
  }

  #tell(error: unknown): void {
    tellFailure((one) => this.#options.onFailure(one), error);
  }

  #begin(unit: Unit, stopping: AbortSignal): void {
    for (const former of this.#working) if (former.unit.id === unit.id) former.abort.abort();
    const abort = new AbortController();
    if (stopping.aborted) abort.abort();
    const over = this.#options
      .work(unit, abort.signal)
      .catch((error) => {
        if (!abort.signal.aborted) this.#tell(error);
      })
      .then(() => {
        this.#working.delete(working);
        if (!stopping.aborted) this.nudge();
      });
    const working = { unit, abort, over };
    this.#working.add(working);
  }

  async #renew(): Promise<void> {
    const working = [...this.#working];
    if (working.length === 0) return;
    const held = await this.#options.renew(working.map(({ unit }) => unit));
    for (const { unit, abort } of working) if (!held.has(unit.id)) abort.abort();
  }
}

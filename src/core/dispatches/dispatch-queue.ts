import { Reconciler } from '#runtime/reconciler.ts';
import type { Service } from '#runtime/service.ts';
import type { Commits } from '../executions/commits.ts';
import type { RunId } from '../kernel/ids.ts';
import { type AdvanceDeps, advanceDispatches } from './advance-dispatches.ts';
import { type PlaceDeps, placeDispatches } from './place-dispatches.ts';

export interface DispatchQueueOptions extends PlaceDeps, AdvanceDeps {
  readonly commits: Pick<Commits, 'listen'>;
  readonly onFailure: (error: unknown) => void;
  /** Default 1,000. */
  readonly everyMs?: number;
  /** What nodes tell while they work is taken over so often at most. Default 200. */
  readonly followEveryMs?: number;
}

/**
 * Moves dispatches on: places what waits, follows what was placed. It passes on a timer, when somebody has created, ended
 * or cancelled one here, and when a node has told something of one. Every controller has one.
 */
export class DispatchQueue implements Service {
  readonly name = 'dispatch queue';
  readonly #options: DispatchQueueOptions;
  readonly #reconciler: Reconciler;
  #followed: ReadonlySet<RunId> = new Set();
  #leave: (() => void) | undefined;
  #soon: NodeJS.Timeout | undefined;

  constructor(options: DispatchQueueOptions) {
    const { everyMs = 1_000, onFailure } = options;
    this.#options = options;
    this.#reconciler = new Reconciler({
      name: this.name,
      everyMs,
      onFailure,
      reconcile: (signal) => this.#pass(signal),
    });
  }

  async start(): Promise<void> {
    this.#leave ??= this.#options.commits.listen((runIds, ended) => {
      if (![...runIds].some((runId) => this.#followed.has(runId))) return;
      if (ended.length > 0) this.nudge();
      else this.#nudgeSoon();
    });
    await this.#reconciler.start();
  }

  async stop(): Promise<void> {
    this.#leave?.();
    this.#leave = undefined;
    clearTimeout(this.#soon);
    this.#soon = undefined;
    await this.#reconciler.stop();
  }

  nudge(): void {
    this.#reconciler.nudge().catch(this.#options.onFailure);
  }

  #nudgeSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.nudge();
    }, this.#options.followEveryMs ?? 200);
  }

  async #pass(signal: AbortSignal): Promise<void> {
    this.#followed = await advanceDispatches(this.#options);
    if (signal.aborted) return;
    const placed = await placeDispatches(this.#options, signal);
    if (placed > 0) this.#followed = await advanceDispatches(this.#options);
  }
}

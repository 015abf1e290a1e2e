import { Reconciler, type ReconcilerOptions } from '#runtime/reconciler.ts';
import type { Service } from '#runtime/service.ts';
import type { Bus } from './bus.ts';

export interface SharedReconcilerOptions extends Omit<ReconcilerOptions, 'onFailure'> {
  readonly bus: Bus;
  /** What controllers tell each other when one has changed what a pass looks at. */
  readonly topic: string;
  /** Default: a message is a nudge. */
  readonly onMessage?: (message: unknown) => void;
  /** A pass that nobody waits for has failed and will be tried again. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** A reconciler of what all controllers share: it also passes when another one says that it has changed, and after a gap of the bus. */
export class SharedReconciler implements Service {
  readonly name: string;
  readonly #options: SharedReconcilerOptions;
  readonly #reconciler: Reconciler;
  #subscriptions: (() => void)[] = [];

  constructor(options: SharedReconcilerOptions) {
    const { onFailure, ...passes } = options;
    this.name = options.name;
    this.#options = options;
    this.#reconciler = new Reconciler({ ...passes, ...(onFailure && { onFailure }) });
  }

  async start(): Promise<void> {
    const { bus, topic, onMessage, onFailure } = this.#options;
    const look = () => void this.nudge().catch((error) => onFailure?.(error));
    if (this.#subscriptions.length === 0)
      this.#subscriptions = [bus.subscribe(topic, onMessage ?? look), bus.onReconnect(look)];
    await this.#reconciler.start();
  }

  async stop(): Promise<void> {
    for (const end of this.#subscriptions.splice(0)) end();
    await this.#reconciler.stop();
  }

  /** Resolves after a pass that began after this call. */
  nudge(): Promise<void> {
    return this.#reconciler.nudge();
  }

  /** The others look too. */
  tellOthers(message: object = {}): void {
    this.#options.bus.publish(this.#options.topic, message);
  }
}

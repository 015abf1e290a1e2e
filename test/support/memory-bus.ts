import type { Bus } from '#core/kernel/bus.ts';

/** A bus within this process. Controllers that share one object hear each other; delivery is in a microtask. */
export class MemoryBus implements Bus {
  readonly #handlers = new Map<string, Set<(payload: unknown) => void>>();
  readonly #reconnectListeners = new Set<() => void>();
  #isCut = false;

  publish(topic: string, payload: object): void {
    if (this.#isCut) return;
    const text = JSON.stringify(payload); // what does not survive JSON would not reach another process
    queueMicrotask(() => {
      for (const handler of this.#handlers.get(topic) ?? []) handler(JSON.parse(text));
    });
  }

  subscribe(topic: string, handler: (payload: unknown) => void): () => void {
    const subscriber = (payload: unknown) => handler(payload);
    const handlers = this.#handlers.get(topic) ?? new Set();
    this.#handlers.set(topic, handlers.add(subscriber));
    return () => {
      handlers.delete(subscriber);
    };
  }

  onReconnect(listener: () => void): () => void {
    this.#reconnectListeners.add(listener);
    return () => {
      this.#reconnectListeners.delete(listener);
    };
  }

  /** Everything published from now on is lost. */
  cut(): void {
    this.#isCut = true;
  }

  reconnect(): void {
    this.#isCut = false;
    for (const listener of this.#reconnectListeners) listener();
  }
}

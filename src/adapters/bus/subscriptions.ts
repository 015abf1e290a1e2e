/** Who listens to what in this process. A handler that throws is told to `onFailure` and disturbs nobody else. */
export class Subscriptions {
  readonly #handlers = new Map<string, Set<(payload: unknown) => void>>();
  readonly #reconnectListeners = new Set<() => void>();
  readonly #onFailure: (error: unknown, topic: string) => void;

  constructor(onFailure: (error: unknown, topic: string) => void) {
    this.#onFailure = onFailure;
  }

  subscribe(topic: string, handler: (payload: unknown) => void): () => void {
    const subscriber = (payload: unknown) => handler(payload); // the same handler may subscribe twice
    const handlers = this.#handlers.get(topic) ?? new Set();
    this.#handlers.set(topic, handlers.add(subscriber));
    return () => {
      handlers.delete(subscriber);
    };
  }

  onReconnect(listener: () => void): () => void {
    const subscriber = () => listener();
    this.#reconnectListeners.add(subscriber);
    return () => {
      this.#reconnectListeners.delete(subscriber);
    };
  }

  deliver(topic: string, payload: unknown): void {
    for (const handler of this.#handlers.get(topic) ?? []) this.#safely(topic, () => handler(payload));
  }

  tellReconnect(): void {
    for (const listener of this.#reconnectListeners) this.#safely('reconnect', listener);
  }

  #safely(topic: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#onFailure(error, topic);
    }
  }
}

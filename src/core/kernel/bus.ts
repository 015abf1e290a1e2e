/**
 * What controllers of one database say to each other: hints that something has changed, never the only place where it
 * stands. A message reaches every subscriber in every controller, this one too, in the order it was published by that
 * controller; `publish` returns before that. Messages can be lost, and can come twice around a lost connection:
 * handlers are idempotent, and whoever keeps state re-reads it when `onReconnect` fires.
 */
export interface Bus {
  publish(topic: string, payload: object): void;
  /** @returns ends the subscription */
  subscribe(topic: string, handler: (payload: unknown) => void): () => void;
  /** Something may have been missed, here or by whoever told us. @returns ends the subscription */
  onReconnect(listener: () => void): () => void;
}

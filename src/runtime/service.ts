/**
 * The contract of everything long-lived. `start` resolves when the service is up. `stop` resolves when it is really
 * over; stopping twice, before starting, or while starting is harmless. A stopped service may be started again only
 * where its own docstring says so.
 */
export interface Service {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

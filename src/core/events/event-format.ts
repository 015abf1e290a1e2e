import type { OutboxEvent } from './outbox.ts';

/** How events are called and written for those outside. `adapters/cloud-events` implements it. */
export interface EventFormat {
  /** The names of the contract of Edge Admin, in its order; some of them have no cause in this version. */
  readonly contractNames: readonly string[];
  /** Every name there is, those of the contract first. */
  readonly names: readonly string[];
  nameOf(type: string): string;
  /** Undefined for a name that nothing has. */
  typeOf(name: string): string | undefined;
  /** One JSON object, always the same for the same event. */
  encode(event: OutboxEvent): Readonly<Record<string, unknown>>;
}

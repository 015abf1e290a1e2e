import type { LoggedAttempt } from '../events/destination.ts';
import type { Id } from '../kernel/ids.ts';
import type { WebhookId } from './webhook.ts';

/** One attempt to deliver an event, as the log has it. */
export interface Delivery {
  readonly id: Id<'delivery'>;
  readonly webhookId: WebhookId;
  readonly eventId: string;
  /** Empty for one whose event was not kept any more. */
  readonly eventType: string;
  readonly subject: string;
  /** From 1; 0 where it ended without one. */
  readonly attempt: number;
  readonly outcome: LoggedAttempt['outcome'];
  /** What happened, out of a closed list. */
  readonly word: string;
  readonly status: number | null;
  readonly durationMs: number | null;
  /** When it is tried again. */
  readonly nextAt: Date | null;
  /** The first of what the receiver answered. */
  readonly answer: string | null;
  readonly createdAt: Date;
}

export const DELIVERY_OUTCOMES = [
  'delivered',
  'refused',
  'failed',
  'exhausted',
  'outdated',
  'forgotten',
] as const satisfies readonly LoggedAttempt['outcome'][];

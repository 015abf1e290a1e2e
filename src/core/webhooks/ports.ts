import type { Sent } from '../events/destination.ts';
import type { WebhookTarget } from './webhook.ts';

/** Where webhooks may point. `adapters/webhooks` implements it. */
export interface AddressRule {
  /** What is wrong with the address, for people; undefined when nothing is. A name that does not resolve yet is accepted. */
  check(url: string): Promise<string | undefined>;
}

export interface WebhookPost {
  readonly target: WebhookTarget;
  readonly eventId: string;
  /** As it is sent and signed. */
  readonly body: Buffer;
}

/** Posts one event. Never rejects, and always ends within seconds. */
export interface WebhookSender {
  post(post: WebhookPost, signal: AbortSignal): Promise<Sent>;
}

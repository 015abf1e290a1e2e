import type { Service } from '#runtime/service.ts';

/** One event on its way to a broker, with all that any of them addresses it by. */
export interface BrokerMessage {
  /** The id of the event: it stays the same however often the event is sent. */
  readonly id: string;
  /** The published name: `edge.node.registered`. */
  readonly type: string;
  /** The id of what it is about: messages of one entity stay in order. */
  readonly entity: string;
  readonly tenant: string;
  readonly coreName: string;
  /** CloudEvents 1.0, structured JSON. */
  readonly body: string;
}

/** A closed list, for metrics and logs. */
export type BrokerWord =
  // it arrived, and what that means there
  | 'stored'
  | 'confirmed'
  | 'accepted'
  | 'handed_over'
  | 'nobody_listening'
  // it did not, and may later
  | 'not_connected'
  | 'connection_lost'
  | 'no_answer'
  | 'blocked'
  | 'no_room'
  | 'no_such_destination'
  | 'not_authorized'
  | 'failed'
  // it will not
  | 'too_large'
  | 'not_accepted';

export interface Published {
  readonly outcome: 'delivered' | 'failed' | 'refused';
  readonly word: BrokerWord;
  /** For people. */
  readonly detail?: string;
}

/**
 * A message broker somebody else runs. It holds nothing: what is published while it is away is refused at once, and whoever
 * publishes keeps it.
 */
export interface Broker extends Service {
  readonly kind: string;
  /** Messages that may be on their way at once. */
  readonly window: number;
  readonly isConnected: boolean;
  /** What is wrong, for people; undefined when nothing is. */
  readonly trouble: string | undefined;
  /** Never rejects, and ends within seconds. */
  publish(message: BrokerMessage): Promise<Published>;
}

import type { BrokerMessage, Published } from '#core/events/broker.ts';

/** One connection for one life. */
export interface BrokerLink {
  readonly window: number;
  /** Why nothing may be sent now although it stands; undefined when something may. */
  readonly blockedBy?: () => string | undefined;
  /** Rejects, or never ends, with errors of the client: `BrokerProtocol.judge` reads them. */
  publish(message: BrokerMessage): Promise<Published>;
  /** Rejects when the connection has ended. */
  readonly lost: Promise<never>;
  close(): Promise<void>;
}

/** How one kind of broker is spoken to. */
export interface BrokerProtocol {
  readonly kind: string;
  connect(): Promise<BrokerLink>;
  /** What an error of its client means; undefined: that it failed. */
  judge?(error: Error): Published | undefined;
}

export const delivered = (word: Published['word'], detail?: string): Published => ({
  outcome: 'delivered',
  word,
  ...(detail !== undefined && { detail }),
});

export const linkFailed = (word: Published['word'], detail?: string): Published => ({
  outcome: 'failed',
  word,
  ...(detail !== undefined && { detail }),
});

export const refused = (word: Published['word'], detail?: string): Published => ({
  outcome: 'refused',
  word,
  ...(detail !== undefined && { detail }),
});

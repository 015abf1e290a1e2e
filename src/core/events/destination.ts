import type { Queryable } from '../kernel/sql.ts';
import type { ClaimedCursor } from './cursor.ts';
import type { OutboxEvent } from './outbox.ts';

/** What became of one attempt. `word` is one of a closed list of whoever sends; `detail` is for people. */
export interface Sent {
  /**
   * `delivered`: it arrived. `refused`: it will not, however often it is sent. `failed`: it may, later. `halted`: it was
   * broken off by us, and counts for nothing.
   */
  readonly outcome: 'delivered' | 'refused' | 'failed' | 'halted';
  readonly word: string;
  /** The status of the HTTP response. */
  readonly status?: number;
  readonly durationMs?: number;
  /** The first bytes of the answer, as text. */
  readonly answer?: string;
  /** The destination asks to be left alone for so long. */
  readonly retryAfterMs?: number;
}

/**
 * One attempt for the log. `exhausted`: it failed, and was the last one. `outdated` and `forgotten` are ends without an
 * attempt: the event was too old by then, or no longer kept.
 */
export interface LoggedAttempt {
  readonly event: LoggedEvent;
  readonly attempt: number;
  readonly outcome: 'delivered' | 'refused' | 'failed' | 'exhausted' | 'outdated' | 'forgotten';
  readonly sent: Omit<Sent, 'outcome'>;
  readonly nextAt: Date | null;
}

export interface LoggedEvent {
  readonly id: string;
  /** Empty for one that is forgotten. */
  readonly type: OutboxEvent['type'] | '';
  readonly subject: string;
}

/** Where the events of one cursor go. */
export interface Destination {
  /** Events of different subjects that may be on their way at the same time; those of one never are. */
  readonly lanes: number;
  /** Never rejects. Whatever hangs must end by itself. */
  send(event: OutboxEvent, attempt: number, signal: AbortSignal): Promise<Sent>;
}

/** What was tried for one cursor. */
export interface CursorAttempts {
  readonly cursor: ClaimedCursor;
  readonly attempts: readonly LoggedAttempt[];
}

/** What a kind of cursor brings along: webhooks are one, the broker another. */
export interface DestinationKind {
  /** Undefined: nothing can be sent at the moment (it is not connected); events stay where they are. */
  open(cursor: ClaimedCursor): Promise<Destination | undefined>;
  /** Keeps the log, in the transaction that moves the cursors. */
  log(tx: Queryable, told: readonly CursorAttempts[]): Promise<void>;
  /** After that transaction: what it logged stays. */
  logged?(attempts: readonly LoggedAttempt[]): void;
  /** In the same transaction, when the destination itself fails: whether to pause it, and tell of it. */
  failing?(tx: Queryable, cursor: ClaimedCursor, failingSince: Date): Promise<void>;
}

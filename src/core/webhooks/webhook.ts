import type { CursorId } from '../events/cursor.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import type { Secret } from '../kernel/secret.ts';

/** A webhook is known by the id of its cursor. */
export type WebhookId = CursorId;

/** An address that events are posted to. Its secret can be rotated, and it can be paused. */
export interface Webhook {
  readonly id: WebhookId;
  readonly url: string;
  /** Types of the catalogue. */
  readonly types: readonly string[];
  /** Made with all types to choose from; false: with those of Edge Admin's contract. */
  readonly isNative: boolean;
  /** Null: events are delivered. */
  readonly pausedAt: Date | null;
  readonly pauseReason: string | null;
  /** In a row, of whatever events. */
  readonly failures: number;
  readonly failingSince: Date | null;
  /** Events that wait for another attempt, and those behind them. */
  readonly waiting: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What is needed to post to one. */
export interface WebhookTarget {
  readonly id: WebhookId;
  readonly url: string;
  /** The one that signs, and while it is being rotated the one before it. */
  readonly secrets: readonly Secret[];
  readonly headers: Readonly<Record<string, string>>;
}

export const MAX_HEADERS = 20;

/** Ours, those of the connection, and those that say where a request goes. */
const RESERVED = new Set([
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'webhook-id',
  'webhook-signature',
  'webhook-timestamp',
  'x-edge-signature',
]);

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
/** What a header can hold (RFC 9110 §5.5), without what only looks like text. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** @throws FleetError `invalid` naming every header that cannot be sent. */
export function checkHeaders(headers: Readonly<Record<string, string>>): void {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (!TOKEN.test(name)) problems.push(`${JSON.stringify(name)} is not a name of a header`);
    else if (RESERVED.has(lower) || lower.startsWith('proxy-'))
      problems.push(`${name} is set by Garrison or by the connection`);
    else if (!VALUE.test(value)) problems.push(`${name} has characters that a header cannot hold`);
    else if (seen.has(lower)) problems.push(`${name} is there twice`);
    seen.add(lower);
  }
  if (problems.length === 0) return;
  throw new FleetError('invalid', `headers: ${problems.join('; ')}`, { details: { headers: problems } });
}

import type { Context } from '../kernel/context.ts';
import { type CursorPage, decodeCursor, encodeCursor } from '../kernel/page.ts';
import type { Queryable } from '../kernel/sql.ts';
import { readEventsAfter, readNewestEvents } from './cursor-store.ts';
import { placeOfInstant } from './follow-events.ts';
import type { OutboxEvent, OutboxPlace } from './outbox.ts';

export interface EventQuery {
  /** Null: all. */
  readonly types: readonly string[] | null;
  /** Only events that are about this id: their subject, or an id in what they say. */
  readonly about?: string | undefined;
  readonly since: Date;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

const PAGE = 500;
/** Whoever asks about what is rare gets an answer after so many, and a cursor that goes on there. */
const MOST_PAGES = 8;

/** The events of the tenant since an instant, in their order, oldest first. */
export async function listEvents(
  ctx: Context,
  { db }: { readonly db: Queryable },
  { types, about, since, cursor, limit }: EventQuery,
): Promise<CursorPage<OutboxEvent>> {
  const { tenantId } = ctx;
  let place = cursor === undefined ? await placeOfInstant(db, tenantId, since) : placeOfCursor(cursor);
  const items: OutboxEvent[] = [];
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const { events, isFull, end } = await readEventsAfter(db, { tenantId, types, ...place }, PAGE);
    for (const event of events) {
      if (!isAbout(event, about)) continue;
      if (items.length === limit) return { items, nextCursor: cursorOf(items.at(-1) ?? place) };
      items.push(event);
    }
    if (!isFull) return { items, nextCursor: null };
    place = end;
  }
  return { items, nextCursor: cursorOf(place) };
}

/** The newest events of the tenant, the newest first. */
export function listNewestEvents(
  { tenantId }: Context,
  { db }: { readonly db: Queryable },
  { types, limit }: Pick<EventQuery, 'types' | 'limit'>,
): Promise<OutboxEvent[]> {
  return readNewestEvents(db, { tenantId, types }, limit);
}

function cursorOf({ txid, position }: OutboxPlace): string {
  return encodeCursor({ value: txid, id: String(position) });
}

function placeOfCursor(cursor: string): OutboxPlace {
  const { value, id } = decodeCursor(cursor, { value: 'integer' });
  return { txid: value.replace('-', ''), position: /^\d{1,15}$/.test(id) ? Number(id) : 0 };
}

function isAbout({ subject, data }: OutboxEvent, about: string | undefined): boolean {
  return about === undefined || subject === about || Object.values(data).includes(about);
}

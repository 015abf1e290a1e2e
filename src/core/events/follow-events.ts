import { once } from 'node:events';
import type { TenantId } from '../kernel/ids.ts';
import { type Queryable, rawSql, sql } from '../kernel/sql.ts';
import { type EventBatch, readEventsAfter } from './cursor-store.ts';
import type { OutboxEvent, OutboxPlace } from './outbox.ts';
import type { OutboxTide } from './outbox-tide.ts';

const PAGE = 256;

/**
 * The outbox as readers follow it. Readers of one tenant who have come equally far, as all do who keep up, share what is read: a
 * page is asked for once, and again when the outbox may have changed.
 */
export class EventFeed {
  readonly #db: Queryable;
  readonly #tide: Pick<OutboxTide, 'listen'>;
  readonly #pages = new Map<string, Promise<EventBatch>>();

  constructor({ db, tide }: { readonly db: Queryable; readonly tide: Pick<OutboxTide, 'listen'> }) {
    this.#db = db;
    this.#tide = tide;
  }

  /** The events of the tenant after `place`, each with its place, until the signal aborts. */
  async *follow(tenantId: TenantId, place: OutboxPlace, signal: AbortSignal): AsyncGenerator<OutboxEvent> {
    const news = new EventTarget();
    let isNew = true;
    const leave = this.#tide.listen(() => {
      this.#pages.clear();
      isNew = true;
      news.dispatchEvent(new Event('news'));
    });
    let after = place;
    try {
      while (!signal.aborted) {
        isNew = false;
        const page = await this.#page(tenantId, after);
        yield* page.events;
        after = page.end;
        if (!page.isFull && !isNew) await once(news, 'news', { signal }).catch(() => {}); // aborted
      }
    } finally {
      leave();
    }
  }

  #page(tenantId: TenantId, place: OutboxPlace): Promise<EventBatch> {
    const key = `${tenantId}/${place.txid}/${place.position}`;
    let page = this.#pages.get(key);
    if (page === undefined) {
      page = readEventsAfter(this.#db, { tenantId, types: null, ...place }, PAGE);
      this.#pages.set(key, page);
      page.catch(() => this.#pages.delete(key));
    }
    return page;
  }
}

/** Where what is committed from now on begins. */
export async function placeOfNow(db: Queryable): Promise<OutboxPlace> {
  const [row] = await db.query<{ txid: string }>(sql`
    select ${rawSql('pg_snapshot_xmin(pg_current_snapshot())::text')} as txid`);
  return { txid: row?.txid ?? '0', position: 0 };
}

/** Before the first event of the tenant that was written then or later. Those a little older may follow it. */
export async function placeOfInstant(db: Queryable, tenantId: TenantId, since: Date): Promise<OutboxPlace> {
  const [row] = await db.query<OutboxPlace>(sql`
    select coalesce(txid, '0')::text as txid, coalesce(position, 1) - 1 as position from events
    where tenant_id = ${tenantId} and created_at >= ${since} and txid is not null
    order by events.txid, events.position limit 1`);
  return row ?? placeOfNow(db);
}

import type { TenantId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';

export interface TicketRow {
  readonly tenantId: TenantId;
  readonly subject: string;
  /** Sealed. */
  readonly purpose: Buffer;
  readonly expiresAt: Date;
}

/** False where this caller has so many. */
export async function insertTicket(
  db: Queryable,
  { hash, tenantId, subject, purpose, expiresAt }: TicketRow & { readonly hash: Buffer },
  most: number,
): Promise<boolean> {
  const count = await db.execute(sql`
    insert into terminal_tickets (hash, tenant_id, subject, purpose, expires_at)
    select ${hash}, ${tenantId}, ${subject}, ${purpose}, ${expiresAt}
    where (select count(*) from terminal_tickets where tenant_id = ${tenantId} and subject = ${subject}) < ${most}`);
  return count === 1;
}

/** Takes the ticket away, whosever it is: whoever comes second finds none. */
export async function takeTicketRow(db: Queryable, hash: Buffer): Promise<TicketRow | undefined> {
  const [row] = await db.query<TicketRow>(sql`
    delete from terminal_tickets where hash = ${hash}
    returning tenant_id as "tenantId", subject, purpose, expires_at as "expiresAt"`);
  return row;
}

export async function removeTickets(db: Queryable, expiredBy: Date): Promise<void> {
  await db.execute(sql`delete from terminal_tickets where expires_at < ${expiredBy}`);
}

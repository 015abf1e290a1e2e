import { type Database, rawSql, sql } from '../kernel/sql.ts';

/** Below every transaction of a cluster that has just been made. */
const BEFORE_ALL = rawSql(`'3'::xid8`);
const ahead = rawSql('pg_snapshot_xmax(pg_current_snapshot())');

/**
 * A database that was restored into another cluster counts its transactions anew, and what it brought along is ahead of them. Then
 * all events of before are put below everything, in the order in which they were written, and each cursor before the first of
 * those it had not delivered: some may be sent again, none is left out. Does nothing otherwise. Returns whether it did.
 */
export async function settleAfterRestore(db: Database): Promise<boolean> {
  const [found] = await db.query(sql`
    select from event_cursors where txid > ${ahead}
    union all select from events where txid > ${ahead} limit 1`);
  if (found === undefined) return false;
  await db.transaction(async (tx) => {
    await tx.execute(sql`
      update event_cursors set txid = ${BEFORE_ALL}, position = coalesce((
        select min(events.position) - 1 from events
        where (events.txid, events.position) > (event_cursors.txid, event_cursors.position)
          and (event_cursors.tenant_id is null or events.tenant_id = event_cursors.tenant_id)
      ), (select last_value from event_positions))
      where event_cursors.txid > ${ahead}`);
    await tx.execute(sql`update events set txid = ${BEFORE_ALL} where txid > ${ahead}`);
    await tx.execute(sql`update parked_events set txid = ${BEFORE_ALL} where txid > ${ahead}`);
  });
  return true;
}

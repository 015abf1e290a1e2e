import { type Sql, sql } from '../kernel/sql.ts';
import { LATE_AFTER_MS, type PresenceOptions } from './presence.ts';

/** The word of `presenceOf` for the row of `nodes`, in SQL; the two are compared in a property test. */
export function presenceSql(now: Date, options: PresenceOptions): Sql {
  return sql`case
    when nodes.revoked_at is not null then 'revoked'
    when nodes.session_controller_id is null or nodes.session_controller_id <> all (${liveControllers(now)}) then 'disconnected'
    when ${isFresh(now, options)} then 'connected'
    else 'stale' end`;
}

/** Whether the last sign of life is recent, or was when the controller that is late last read. Null where there is none. */
export function isFresh(now: Date, { staleAfterMs }: PresenceOptions): Sql {
  const freshSince = new Date(now.getTime() - staleAfterMs);
  const lateSince = new Date(now.getTime() - LATE_AFTER_MS);
  return sql`(nodes.last_seen_at >= ${freshSince}::timestamptz or nodes.session_opened_at >= ${freshSince}::timestamptz
    or greatest(nodes.last_seen_at, nodes.session_opened_at) >= (
      select controllers.read_at - make_interval(secs => ${staleAfterMs / 1000}) from controllers
      where controllers.id = nodes.session_controller_id and controllers.read_at < ${lateSince}::timestamptz))`;
}

/** Their ids as an array, made once for all rows: there are few, and looking through it is cheaper than a hashed subquery. */
export function liveControllers(now: Date): Sql {
  return sql`array(select controllers.id from controllers where controllers.lease_until > ${now}::timestamptz)`;
}

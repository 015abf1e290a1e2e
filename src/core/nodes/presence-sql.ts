import { type Sql, sql } from '../kernel/sql.ts';
import type { PresenceOptions } from './presence.ts';

/** The word of `presenceOf` for the row of `nodes`, in SQL; the two are compared in a property test. */
export function presenceSql(now: Date, { staleAfterMs }: PresenceOptions): Sql {
  const freshSince = new Date(now.getTime() - staleAfterMs);
  return sql`case
    when nodes.revoked_at is not null then 'revoked'
    when nodes.session_controller_id is null or nodes.session_controller_id <> all (${liveControllers(now)}) then 'disconnected'
    when nodes.last_seen_at >= ${freshSince}::timestamptz or nodes.session_opened_at >= ${freshSince}::timestamptz then 'connected'
    else 'stale' end`;
}

/** Their ids as an array, made once for all rows: there are few, and looking through it is cheaper than a hashed subquery. */
export function liveControllers(now: Date): Sql {
  return sql`array(select controllers.id from controllers where controllers.lease_until > ${now}::timestamptz)`;
}

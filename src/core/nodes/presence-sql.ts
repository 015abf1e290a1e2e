import { type Sql, sql } from '../kernel/sql.ts';
import type { PresenceOptions } from './presence.ts';

/** The word of `presenceOf` for the row of `nodes`, in SQL; the two are compared in a property test. */
export function presenceSql(now: Date, { staleAfterMs }: PresenceOptions): Sql {
  const freshSince = new Date(now.getTime() - staleAfterMs);
  return sql`case
    when nodes.revoked_at is not null then 'revoked'
    when nodes.session_controller_id is null or not nodes.session_controller_id = any (${liveControllers(now)}) then 'disconnected'
    when greatest(nodes.last_seen_at, nodes.session_opened_at) >= ${freshSince}::timestamptz then 'connected'
    else 'stale' end`;
}

function liveControllers(now: Date): Sql {
  return sql`select controllers.id from controllers where controllers.lease_until > ${now}::timestamptz`;
}

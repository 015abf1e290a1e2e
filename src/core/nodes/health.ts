import { type Queryable, type Sql, sql } from '../kernel/sql.ts';
import type { PresenceKind, PresenceOptions } from './presence.ts';
import { isFresh, liveControllers } from './presence-sql.ts';

/** How a node is, in one word: `unreachable` when nobody can talk to it, `unhealthy` when it is silent or says so. */
export const NODE_HEALTH = ['healthy', 'unhealthy', 'unreachable'] as const;

export type NodeHealth = (typeof NODE_HEALTH)[number];

export function healthOf(presence: PresenceKind, isHealthy: boolean): NodeHealth {
  if (presence === 'stale') return 'unhealthy';
  if (presence === 'connected') return isHealthy ? 'healthy' : 'unhealthy';
  return 'unreachable';
}

/** The presence and the word of the node itself that make up a health, for selectors. */
export function presencesOf(
  health: NodeHealth,
): readonly { readonly kind: PresenceKind; readonly isHealthy?: boolean }[] {
  switch (health) {
    case 'healthy':
      return [{ kind: 'connected', isHealthy: true }];
    case 'unhealthy':
      return [{ kind: 'connected', isHealthy: false }, { kind: 'stale' }];
    case 'unreachable':
      return [{ kind: 'disconnected' }, { kind: 'revoked' }];
  }
}

/** The word of `healthOf` for the row of `nodes`, without the detour over the presence: it is taken of every row of a list. */
export function healthSql(now: Date, options: PresenceOptions): Sql {
  return sql`(case
    when not ${isReachable(now)} then 'unreachable'
    when ${isWell(now, options)} then 'healthy'
    else 'unhealthy' end collate "C")`;
}

/** How many nodes of all tenants are how; those that were revoked are not counted. */
export async function countByHealth(
  db: Queryable,
  now: Date,
  options: PresenceOptions,
): Promise<Readonly<Record<NodeHealth, number>>> {
  const rows = await db.query<{ health: NodeHealth; count: number }>(sql`
    select ${healthSql(now, options)} as health, count(*)::int as count from nodes where revoked_at is null group by 1`);
  const counts = Object.fromEntries(rows.map(({ health, count }) => [health, count]));
  return { healthy: 0, unhealthy: 0, unreachable: 0, ...counts };
}

/** The same word as a condition. */
export function hasHealth(health: NodeHealth, now: Date, options: PresenceOptions): Sql {
  switch (health) {
    case 'healthy':
      return sql`(${isReachable(now)} and ${isWell(now, options)})`;
    case 'unhealthy':
      return sql`(${isReachable(now)} and not ${isWell(now, options)})`;
    case 'unreachable':
      return sql`not ${isReachable(now)}`;
  }
}

function isReachable(now: Date): Sql {
  return sql`(nodes.session_controller_id is not null and nodes.revoked_at is null
    and nodes.session_controller_id = any (${liveControllers(now)}))`;
}

function isWell(now: Date, options: PresenceOptions): Sql {
  return sql`((nodes.is_healthy and ${isFresh(now, options)}) is true)`;
}

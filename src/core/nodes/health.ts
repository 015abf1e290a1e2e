import { type Sql, sql } from '../kernel/sql.ts';
import type { PresenceKind, PresenceOptions } from './presence.ts';
import { presenceSql } from './presence-sql.ts';

/** How a node is, in one word: `unreachable` when nobody can talk to it, `unhealthy` when it is silent or says so. */
export const NODE_HEALTH = ['healthy', 'unhealthy', 'unreachable'] as const;

export type NodeHealth = (typeof NODE_HEALTH)[number];

export function healthOf(presence: PresenceKind, isHealthy: boolean): NodeHealth {
  if (presence === 'stale') return 'unhealthy';
  if (presence === 'connected') return isHealthy ? 'healthy' : 'unhealthy';
  return 'unreachable';
}

/** The word of `healthOf` for the row of `nodes`. */
export function healthSql(now: Date, options: PresenceOptions): Sql {
  return sql`case ${presenceSql(now, options)}
    when 'connected' then case when nodes.is_healthy then 'healthy' else 'unhealthy' end
    when 'stale' then 'unhealthy'
    else 'unreachable' end`;
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

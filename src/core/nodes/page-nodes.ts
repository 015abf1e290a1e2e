import type { Context } from '../kernel/context.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import type { NumberedPage } from '../lists/compile-list.ts';
import { choice, flag, instant, type List, text } from '../lists/fields.ts';
import type { ListRequest } from '../lists/read-list-request.ts';
import { hasHealth, healthSql, NODE_HEALTH } from './health.ts';
import type { Node } from './node.ts';
import type { PresenceOptions } from './presence.ts';
import { readNodePage } from './store.ts';

const CLUSTER = 'cluster';

/** What nodes can be filtered and ordered by (seed 001). Health depends on the clock, so the list does. */
export function nodeList(now: Date, options: PresenceOptions): List {
  return {
    from: sql`nodes`,
    id: sql`nodes.id`,
    joins: { [CLUSTER]: sql`join clusters on clusters.id = nodes.cluster_id` },
    fields: {
      id_type: choice(sql`nodes.id_type`, ['persistent', 'random'], { isSortable: true }),
      status: choice(healthSql(now, options), NODE_HEALTH, {
        isSortable: true,
        condition: (health) => hasHealth(health, now, options),
      }),
      version: text(sql`nodes.version`, { isSortable: true }),
      self_update_enabled: flag(sql`nodes.self_update_enabled`, { isSortable: true }),
      cluster_name: text(sql`clusters.name`, { join: CLUSTER }),
      last_seen_at: instant(sql`nodes.last_seen_at`, { isSortable: true, isNullable: true }),
      inserted_at: instant(sql`nodes.enrolled_at`, { isSortable: true }),
      updated_at: instant(sql`nodes.updated_at`, { isSortable: true }),
    },
  };
}

/** A page of nodes by number, for surfaces that count theirs. */
export function pageNodes(
  ctx: Context,
  { db, presence }: { readonly db: Queryable; readonly presence: PresenceOptions },
  request: ListRequest,
): Promise<NumberedPage<Node>> {
  return readNodePage(db, ctx, nodeList(ctx.clock.now(), presence), request);
}

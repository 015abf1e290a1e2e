import type { Context } from '../kernel/context.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import type { NumberedPage } from '../lists/compile-list.ts';
import { choice, defineList, flag, instant, text } from '../lists/fields.ts';
import type { ListRequest } from '../lists/list-request.ts';
import { hasHealth, healthSql, NODE_HEALTH } from './health.ts';
import type { Node } from './node.ts';
import type { PresenceOptions } from './presence.ts';
import { readNodePage } from './store.ts';

const CLUSTER = 'cluster';

/** What nodes can be filtered and ordered by. Health depends on the clock, so the list does. */
export function nodeList(now: Date, options: PresenceOptions) {
  return defineList({
    from: sql`nodes`,
    id: sql`nodes.id`,
    joins: { [CLUSTER]: sql`join clusters on clusters.id = nodes.cluster_id` },
    fields: {
      idType: choice(sql`nodes.id_type`, ['persistent', 'random'], { isSortable: true }),
      health: choice(healthSql(now, options), NODE_HEALTH, {
        isSortable: true,
        condition: (health) => hasHealth(health, now, options),
      }),
      version: text(sql`nodes.version`, { isSortable: true }),
      isSelfUpdateEnabled: flag(sql`nodes.self_update_enabled`, { isSortable: true }),
      clusterName: text(sql`clusters.name`, { join: CLUSTER }),
      lastSeenAt: instant(sql`nodes.last_seen_at`, { isSortable: true, isNullable: true }),
      createdAt: instant(sql`nodes.enrolled_at`, { isSortable: true }),
      updatedAt: instant(sql`nodes.updated_at`, { isSortable: true }),
    },
  });
}

/** A page of nodes by number, for surfaces that count theirs. */
export function pageNodes(
  ctx: Context,
  { db, presence }: { readonly db: Queryable; readonly presence: PresenceOptions },
  request: ListRequest,
): Promise<NumberedPage<Node>> {
  return readNodePage(db, ctx, nodeList(ctx.clock.now(), presence), request);
}

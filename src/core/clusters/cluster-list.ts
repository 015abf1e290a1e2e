import { sql } from '../kernel/sql.ts';
import { defineList, flag, instant, integer, text } from '../lists/fields.ts';

const NODE_COUNT = 'inhabitants';

/** What clusters can be filtered and ordered by. */
export const clusterList = defineList({
  from: sql`clusters`,
  id: sql`clusters.id`,
  joins: {
    [NODE_COUNT]: sql`left join (
      select nodes.cluster_id, count(*) as node_count from nodes group by nodes.cluster_id
    ) as inhabitants on inhabitants.cluster_id = clusters.id`,
  },
  fields: {
    name: text(sql`clusters.name`, { isSortable: true }),
    ipv4Range: text(sql`clusters.ipv4_range::text`, { isSortable: true }),
    nodeLimit: integer(sql`clusters.node_limit`, { minimum: 1, isSortable: true, isNullable: true }),
    hasNodeLimit: flag(sql`clusters.node_limit is not null`),
    nodeCount: integer(sql`coalesce(inhabitants.node_count, 0)`, { minimum: 0, offers: 'range', join: NODE_COUNT }),
    createdAt: instant(sql`clusters.inserted_at`, { isSortable: true }),
    updatedAt: instant(sql`clusters.updated_at`, { isSortable: true }),
  },
});

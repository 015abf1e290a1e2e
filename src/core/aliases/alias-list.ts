import { sql } from '../kernel/sql.ts';
import { defineList, instant, text, uuid } from '../lists/fields.ts';

const CLUSTER = 'cluster';

/** What aliases can be filtered and ordered by. */
export const aliasList = defineList({
  from: sql`aliases`,
  id: sql`aliases.id`,
  joins: { [CLUSTER]: sql`join clusters on clusters.id = aliases.cluster_id` },
  fields: {
    name: text(sql`aliases.name`, { isSortable: true }),
    nodeId: uuid(sql`aliases.node_id`),
    clusterName: text(sql`clusters.name`, { join: CLUSTER }),
    createdAt: instant(sql`aliases.inserted_at`, { isSortable: true }),
    updatedAt: instant(sql`aliases.updated_at`, { isSortable: true }),
  },
});

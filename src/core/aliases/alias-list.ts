import { sql } from '../kernel/sql.ts';
import { instant, type List, text, uuid } from '../lists/fields.ts';

const CLUSTER = 'cluster';

/** What aliases can be filtered and ordered by (seed 001). */
export const aliasList: List = {
  from: sql`aliases`,
  id: sql`aliases.id`,
  joins: { [CLUSTER]: sql`join clusters on clusters.id = aliases.cluster_id` },
  fields: {
    name: text(sql`aliases.name`, { isSortable: true }),
    node_id: uuid(sql`aliases.node_id`),
    cluster_name: text(sql`clusters.name`, { join: CLUSTER }),
    inserted_at: instant(sql`aliases.inserted_at`, { isSortable: true }),
    updated_at: instant(sql`aliases.updated_at`, { isSortable: true }),
  },
};

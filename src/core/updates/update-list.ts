import { sql } from '../kernel/sql.ts';
import { choice, defineList, instant } from '../lists/fields.ts';
import { UPDATE_STAGES, updateStageSql } from './update-request.ts';

/** What self-update requests can be filtered and ordered by. */
export const updateList = defineList({
  from: sql`runs left join self_updates on self_updates.run_id = runs.id`,
  id: sql`runs.id`,
  joins: {},
  fields: {
    stage: choice(updateStageSql, UPDATE_STAGES, { isSortable: true }),
    createdAt: instant(sql`runs.created_at`, { isSortable: true }),
    updatedAt: instant(sql`greatest(runs.updated_at, self_updates.completed_at)`, { isSortable: true }),
  },
});

import { sql } from '../kernel/sql.ts';
import { defineList, instant, special, text } from '../lists/fields.ts';

const CURSOR = 'cursor';

/** What webhooks can be filtered and ordered by. */
export const webhookList = defineList({
  from: sql`webhooks`,
  id: sql`webhooks.id`,
  joins: { [CURSOR]: sql`join event_cursors on event_cursors.id = webhooks.id` },
  fields: {
    url: text(sql`webhooks.url`, { isSortable: true }),
    type: special((type) => sql`${type} = any (event_cursors.types)`, { join: CURSOR }),
    createdAt: instant(sql`webhooks.inserted_at`, { isSortable: true }),
    updatedAt: instant(sql`webhooks.updated_at`, { isSortable: true }),
  },
});

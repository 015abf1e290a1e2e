import { listEvents, listNewestEvents } from '#core/events/list-events.ts';
import type { OutboxEvent } from '#core/events/outbox.ts';
import { invalidField } from '#core/kernel/fleet-error.ts';
import { callers } from '../auth.ts';
import { defineOperation, type NativeDeps } from '../deps.ts';
import { writePage } from '../mapping/pages.ts';
import { readTypes } from '../mapping/webhooks.ts';
import { EventPage, EventQuery } from '../wire/events.ts';

const ONE_HOUR_MS = 3_600_000;

export const eventOperations = [
  defineOperation({
    method: 'GET',
    path: '/v1/events',
    operationId: 'listEvents',
    summary: 'List events that were told, oldest first',
    description: 'Of every API. They are kept as long as the outbox keeps them.',
    tags: ['Webhooks'],
    isExtension: true,
    principals: callers,
    scope: ['edge-admin.read', 'garrison.webhooks.read'],
    query: EventQuery,
    responses: { 200: { description: 'A page.', schema: EventPage } },
    errors: ['invalid'],
    async handler(ctx, { db, eventFormat }, { query: { type, about, since, cursor, limit, newest } }) {
      const types = type === undefined ? null : readTypes(eventFormat, type.split(',')).types;
      if (newest) {
        if (about !== undefined || since !== undefined || cursor !== undefined)
          throw invalidField('newest', 'stands alone: about, since and cursor are for lists in the order of time');
        const items = await listNewestEvents(ctx, { db }, { types, limit });
        return {
          status: 200,
          body: { items: items.map((event) => writeEvent(eventFormat, event)), next_cursor: null },
        };
      }
      const from = since === undefined ? new Date(ctx.clock.millis() - ONE_HOUR_MS) : new Date(since);
      const page = await listEvents(ctx, { db }, { types, about, since: from, cursor, limit });
      return { status: 200, body: writePage(page, (event) => writeEvent(eventFormat, event)) };
    },
  }),
];

function writeEvent(eventFormat: NativeDeps['eventFormat'], event: OutboxEvent) {
  const { data } = eventFormat.encode(event) as { readonly data: Record<string, unknown> }; // a CloudEvent in JSON
  const { id, type, subject, createdAt } = event;
  return { id, type: eventFormat.nameOf(type), subject, at: createdAt.toISOString(), data };
}

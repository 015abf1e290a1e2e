import { Type } from 'typebox';
import type { EventFormat } from '#core/events/event-format.ts';
import { placeOfInstant, placeOfNow } from '#core/events/follow-events.ts';
import type { OutboxEvent } from '#core/events/outbox.ts';
import { formatEvent, type WrittenEvent } from '#surfaces/http/event-stream.ts';
import { header } from '#surfaces/http/request.ts';
import { callers, READ } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { single, singleOf } from '../envelope.ts';
import { readDate } from '../mapping/instants.ts';
import { readPlace, typeFilter, writePlace } from '../mapping/webhooks.ts';
import { EventStreamQuery } from '../wire/webhooks.ts';

export const eventTypeOperations = [
  defineOperation({
    method: 'GET',
    path: '/api/v1/event_types',
    operationId: 'listEventTypes',
    summary: 'List the types of events',
    tags: ['Events.Type'],
    principals: callers,
    scope: READ,
    responses: { 200: { description: 'All types', schema: singleOf(Type.Array(Type.String())) } },
    errors: [],
    handler: async (_, { eventFormat }) => ({ status: 200, body: single(eventFormat.contractNames) }),
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/events/stream',
    operationId: 'streamEvents',
    summary: 'Follow events as they come',
    description:
      'Server-sent events, each a CloudEvent under its type. With `Last-Event-ID` it goes on after that one. Events of the other APIs are among them.',
    tags: ['Events.Stream'],
    isExtension: true,
    principals: callers,
    scope: READ,
    query: EventStreamQuery,
    responses: { 200: { description: 'The events', contentType: 'text/event-stream' } },
    errors: [],
    async handler(ctx, deps, { query, request }) {
      const { db, eventFeed, eventFormat } = deps;
      const since = query.since === undefined ? undefined : readDate(query.since, 'since');
      const start =
        readPlace(header(request, 'last-event-id')) ??
        (since === undefined ? await placeOfNow(db) : await placeOfInstant(db, ctx.tenantId, since));
      const isWanted = typeFilter(query.type);
      return {
        status: 200,
        async stream(events) {
          for await (const event of eventFeed.follow(ctx.tenantId, start, events.over)) {
            const name = eventFormat.nameOf(event.type);
            if (!isWanted(name) || !isAbout(event, query.node_id)) continue;
            if (!(await events.send(writtenOnce(event, eventFormat)))) return;
          }
        },
      };
    },
  }),
];

/** Readers who keep up are given the same events: what they are as text is written for the first of them. */
const written = new WeakMap<OutboxEvent, WrittenEvent>();

function writtenOnce(event: OutboxEvent, format: EventFormat): WrittenEvent {
  let text = written.get(event);
  if (text === undefined) {
    const [id, name] = [writePlace(event), format.nameOf(event.type)];
    text = { text: formatEvent({ id, event: name, data: format.encode(event) }) };
    written.set(event, text);
  }
  return text;
}

function isAbout({ subject, data }: OutboxEvent, nodeId: string | undefined): boolean {
  return nodeId === undefined || subject === nodeId.toLowerCase() || data.nodeId === nodeId.toLowerCase();
}

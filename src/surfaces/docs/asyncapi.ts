import Type from 'typebox';
import type { EventDescription } from '#surfaces/http/event-description.ts';
import type { Surface } from '#surfaces/http/surface.ts';
import { Components } from './components.ts';

type Json = Readonly<Record<string, unknown>>;

/** CloudEvents 1.0 as `adapters/cloud-events` writes them. */
const Envelope = Type.Object(
  {
    specversion: Type.Literal('1.0'),
    id: Type.String({ format: 'uuid', description: 'Stays the same however often the event is sent.' }),
    source: Type.String({ format: 'uri-reference', description: 'Of this installation (`EVENT_SOURCE`).' }),
    type: Type.String(),
    subject: Type.Optional(Type.String({ description: 'The id of what it is about.' })),
    time: Type.String({ format: 'date-time', description: 'When it was recorded.' }),
    datacontenttype: Type.Literal('application/json'),
    sequence: Type.Optional(
      Type.String({
        description: 'Its number among the events of its subject, as digits: a gap shows that one is missing.',
      }),
    ),
    tenant: Type.Optional(Type.String({ description: 'Whose it is.' })),
    corename: Type.Optional(Type.String({ description: 'Which installation it is (`CORE_NAME`).' })),
    data: Type.Object({}),
  },
  { title: 'Envelope' },
);

/** The AsyncAPI 3 document of what a surface tells, from nothing but the descriptions of its events. */
export function asyncApiDocument({ title, version, events = [] }: Pick<Surface, 'title' | 'version' | 'events'>): Json {
  const components = new Components();
  const envelope = components.reference(Envelope);
  const messages = Object.fromEntries(events.map((one) => [one.type, messageOf(one, envelope, components)]));
  return {
    asyncapi: '3.0.0',
    info: {
      title: `${title}: events`,
      version,
      description:
        'Events as CloudEvents 1.0 in structured JSON, to webhooks and to one message broker. At least once; those of one subject in order.',
    },
    defaultContentType: 'application/cloudevents+json',
    channels: Object.fromEntries(events.map(({ type, summary }) => [type, channelOf(type, summary)])),
    operations: Object.fromEntries(events.map(({ type, summary }) => [`send.${type}`, operationOf(type, summary)])),
    components: { messages, schemas: components.schemas },
  };
}

function channelOf(type: string, summary: string): Json {
  return { address: type, summary, messages: { [type]: { $ref: `#/components/messages/${type}` } } };
}

function operationOf(type: string, summary: string): Json {
  return {
    action: 'send',
    summary,
    channel: { $ref: `#/channels/${type}` },
    messages: [{ $ref: `#/channels/${type}/messages/${type}` }],
  };
}

function messageOf({ type, summary, payload, example }: EventDescription, envelope: unknown, components: Components) {
  return {
    name: type,
    summary,
    contentType: 'application/cloudevents+json',
    payload: {
      allOf: [
        envelope,
        {
          type: 'object',
          properties: { type: { const: type }, data: components.reference(payload) },
          required: ['data'],
        },
      ],
    },
    examples: [{ name: 'one', payload: exampleOf(type, example) }],
  };
}

function exampleOf(type: string, data: object): Json {
  return {
    specversion: '1.0',
    id: '018f4a3e-7b1c-7000-8000-000000000000',
    source: 'urn:garrison:controllers',
    type,
    subject: '018f4a3e-7b1c-7000-8000-000000000001',
    time: '2026-01-01T12:00:00.000Z',
    datacontenttype: 'application/json',
    sequence: '00000000000000000001',
    tenant: '018f4a3e-7b1c-7000-8000-000000000002',
    corename: 'default',
    data,
  };
}

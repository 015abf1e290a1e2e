import Type from 'typebox';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { Page } from './pages.ts';
import { Nullable } from './shapes.ts';

export const EventQuery = Type.Object({
  type: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: MAX_LENGTH.filter,
      description:
        'Types of `/v1/event_types` behind commas; `*` at the end of one stands for all that begin so: `run.*`.',
    }),
  ),
  about: Type.Optional(
    Type.String({ minLength: 1, maxLength: MAX_LENGTH.pathId, description: 'Only of this node, run or other id.' }),
  ),
  since: Type.Optional(
    Type.String({ format: 'date-time', maxLength: MAX_LENGTH.instant, description: 'Default: one hour ago.' }),
  ),
  newest: Type.Optional(
    Type.Boolean({
      description: 'The newest, the newest first: one page. `about`, `since` and `cursor` are for the others.',
    }),
  ),
  ...Page,
});

export const ListedEvent = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    type: Type.String(),
    subject: Type.String(),
    at: Type.String({ format: 'date-time' }),
    data: Type.Record(Type.String(), Type.Unknown(), { description: 'As in the event that a webhook gets.' }),
  },
  { title: 'ListedEvent' },
);

export const EventPage = Type.Object(
  { items: Type.Array(ListedEvent), next_cursor: Nullable(Type.String()) },
  { title: 'EventPage' },
);

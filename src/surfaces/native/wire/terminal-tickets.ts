import Type from 'typebox';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { pattern } from '#surfaces/http/pattern-words.ts';
import { Timestamp } from './shapes.ts';

const Size = Type.Integer({ minimum: 1, maximum: 65_535 });
const SessionId = Type.String({ minLength: 1, maxLength: MAX_LENGTH.pathId, description: 'Id of a session.' });

const Window = Type.Object({
  columns: Size,
  rows: Size,
  type: Type.String({
    maxLength: 64,
    pattern: pattern('^[A-Za-z0-9_.+-]+$', 'a name such as xterm-256color'),
    description: 'As in TERM.',
  }),
});

const NewTerminal = Type.Object({
  kind: Type.Literal('terminal', { description: 'A new one.' }),
  node: Type.String({ minLength: 1, maxLength: 300, description: 'Name, alias or id of a node.' }),
  user: Type.Optional(
    Type.String({
      maxLength: 64,
      pattern: pattern('^[A-Za-z0-9_.@][A-Za-z0-9_.@-]*$', 'the name of a user of the node'),
      description: 'Absent: whom the policy of the node says.',
    }),
  ),
  command: Type.Optional(
    Type.Array(Type.String({ maxLength: 8_000 }), {
      maxItems: 1_000,
      description: 'An argument vector; absent or empty: a login shell.',
    }),
  ),
  window: Window,
});

const Resumed = Type.Object({
  kind: Type.Literal('session', { description: 'The caller’s own, after a cut.' }),
  session_id: SessionId,
  position: Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'How many bytes of its output are here.',
  }),
});

const Watched = Type.Object({
  kind: Type.Literal('watch', { description: 'Somebody’s, from now on.' }),
  session_id: SessionId,
});

export const TerminalTicketRequest = Type.Union([NewTerminal, Resumed, Watched], { title: 'TerminalTicketRequest' });

export const TerminalTicket = Type.Object(
  {
    ticket: Type.String({ description: 'Good once; shown here only.' }),
    protocol: Type.String({ description: 'The subprotocol to name beside the ticket.' }),
    path: Type.String({ description: 'Of the WebSocket.' }),
    expires_at: Timestamp,
  },
  { title: 'TerminalTicket' },
);

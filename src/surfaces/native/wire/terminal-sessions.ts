import Type from 'typebox';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { Page, pageOf } from './pages.ts';
import { Nullable, Timestamp } from './shapes.ts';

export const TerminalSessionPath = Type.Object({
  session_id: Type.String({ minLength: 1, maxLength: MAX_LENGTH.pathId, description: 'Id of a session.' }),
});

export const TerminalSessionQuery = Type.Object({
  ...Page,
  node_id: Type.Optional(
    Type.String({ format: 'uuid', maxLength: MAX_LENGTH.uuid, description: 'Of this node only.' }),
  ),
  open: Type.Boolean({ default: false, description: 'Only those that have not ended.' }),
});

export const TerminalSession = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    status: Type.Enum(['open', 'detached', 'ended'], {
      description: 'Detached: nobody is connected, and whoever was cut off may come back for a minute.',
    }),
    node_id: Type.String({ format: 'uuid' }),
    node_name: Type.String(),
    subject: Type.String({ description: 'Id of the key or of the person that opened it.' }),
    caller: Type.String({ description: 'What that one is called.' }),
    address: Nullable(Type.String({ description: 'Where the caller was.' })),
    door: Type.Enum(['command_line', 'console']),
    program: Nullable(Type.String({ description: 'Null: a login shell. Arguments are not kept.' })),
    local_user: Nullable(Type.String({ description: 'Whom it runs as on the node, once the node has said it.' })),
    has_terminal: Type.Boolean(),
    columns: Nullable(
      Type.Integer({ description: 'Of the window when it began; null without a terminal of its own.' }),
    ),
    rows: Nullable(Type.Integer()),
    connections: Type.Integer({ minimum: 1, description: 'How often somebody was connected to it.' }),
    is_own: Type.Boolean(),
    started_at: Timestamp,
    detached_at: Nullable(Timestamp),
    ended_at: Nullable(Timestamp),
    end_reason: Nullable(Type.String()),
    ended_by: Nullable(Type.String()),
    exit_code: Nullable(Type.Integer()),
    recording: Nullable(
      Type.Object({
        bytes: Type.Integer({ minimum: 0, description: 'Of output, in the parts that are whole.' }),
        problem: Nullable(Type.String({ description: 'Why it is not whole: `too_large`, or `not_kept`.' })),
      }),
    ),
  },
  { title: 'TerminalSession' },
);

export const TerminalSessionPage = pageOf(TerminalSession, 'TerminalSessionPage');

import { type NodeId, parseId } from '#core/kernel/ids.ts';
import { finishTerminalSession } from '#core/terminals/end-session.ts';
import { readRecording } from '#core/terminals/read-recording.ts';
import { listSessions, readSession } from '#core/terminals/read-sessions.ts';
import type { TerminalSessionId } from '#core/terminals/terminal-session.ts';
import { callers } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { writePage } from '../mapping/pages.ts';
import { writeTerminalSession } from '../mapping/terminal-sessions.ts';
import {
  TerminalSession,
  TerminalSessionPage,
  TerminalSessionPath,
  TerminalSessionQuery,
} from '../wire/terminal-sessions.ts';

const OWN_OR_ALL = ['garrison.terminals.open', 'garrison.sessions.read'];

/** Who is, or was, connected to which machine; and what the terminal has shown. */
export const terminalSessionOperations = [
  defineOperation({
    method: 'GET',
    path: '/v1/terminal-sessions',
    operationId: 'listTerminalSessions',
    summary: 'List terminal sessions, newest first',
    description: 'The caller’s own; those of everybody in the tenant with the scope `garrison.sessions.read`.',
    tags: ['Terminals'],
    isExtension: true,
    principals: callers,
    scope: OWN_OR_ALL,
    query: TerminalSessionQuery,
    responses: { 200: { description: 'A page.', schema: TerminalSessionPage } },
    errors: [],
    async handler(ctx, { db }, { query }) {
      const { node_id, open: openOnly, cursor, limit } = query;
      const nodeId = node_id === undefined ? undefined : parseId<NodeId>(node_id);
      const found = await listSessions(ctx, { db }, { nodeId, openOnly, cursor, limit });
      return { status: 200, body: writePage(found, (one) => writeTerminalSession(one, ctx.principal)) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/terminal-sessions/{session_id}',
    operationId: 'getTerminalSession',
    summary: 'Read one terminal session',
    tags: ['Terminals'],
    isExtension: true,
    principals: callers,
    scope: OWN_OR_ALL,
    params: TerminalSessionPath,
    responses: { 200: { description: 'The session.', schema: TerminalSession } },
    errors: ['not_found'],
    async handler(ctx, { db }, { params }) {
      const session = await readSession(ctx, { db }, { id: parseId<TerminalSessionId>(params.session_id) });
      return { status: 200, body: writeTerminalSession(session, ctx.principal) };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/v1/terminal-sessions/{session_id}',
    operationId: 'endTerminalSession',
    summary: 'End a terminal session',
    description:
      'What runs in it is hung up, and ended a second later. One’s own; those of others with the scope `garrison.sessions.end`. Ending it again changes nothing.',
    tags: ['Terminals'],
    isExtension: true,
    principals: callers,
    scope: ['garrison.terminals.open', 'garrison.sessions.end'],
    auditAction: 'terminal_session.end',
    params: TerminalSessionPath,
    responses: { 204: { description: 'It is ended.' } },
    errors: ['not_found'],
    async handler(ctx, { db, bus }, { params }) {
      const { nodeId, subject } = await finishTerminalSession(
        ctx,
        { db, bus },
        parseId<TerminalSessionId>(params.session_id),
      );
      return { status: 204, audit: { facts: { nodeId, subject } } };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/terminal-sessions/{session_id}/recording',
    operationId: 'readTerminalRecording',
    summary: 'Download the recording of a terminal session',
    description:
      'asciicast v2: what the terminal showed, and sizes of its window; never what was typed. A session that is open has what was recorded until its last whole part.',
    tags: ['Terminals'],
    isExtension: true,
    principals: callers,
    scope: 'garrison.recordings.read',
    auditAction: 'terminal_session.read_recording',
    params: TerminalSessionPath,
    responses: { 200: { description: 'The recording.', contentType: 'application/x-asciicast' } },
    errors: ['not_found', 'unavailable'],
    async handler(ctx, { recordings }, { params }) {
      const recording = await readRecording(ctx, recordings, parseId<TerminalSessionId>(params.session_id));
      const { id, nodeId, subject } = recording.session;
      return {
        status: 200,
        body: recording.content,
        contentType: 'application/x-asciicast',
        headers: { 'content-disposition': `attachment; filename="${id}.cast"` },
        audit: { facts: { nodeId, subject } },
      };
    },
  }),
];

import type { Static } from 'typebox';
import type { Principal } from '#core/kernel/context.ts';
import type { TerminalSession as CoreTerminalSession } from '#core/terminals/terminal-session.ts';
import type { TerminalSession } from '../wire/terminal-sessions.ts';
import { writeInstant, writeOptionalInstant } from './instants.ts';

export function writeTerminalSession(session: CoreTerminalSession, caller: Principal): Static<typeof TerminalSession> {
  const { endedAt, detachedAt, isRecorded } = session;
  return {
    id: session.id,
    status: endedAt !== null ? 'ended' : detachedAt !== null ? 'detached' : 'open',
    node_id: session.nodeId,
    node_name: session.nodeName,
    subject: session.subject,
    caller: session.caller,
    address: session.address,
    door: session.door,
    program: session.program,
    local_user: session.runAs,
    has_terminal: session.width !== null,
    columns: session.width,
    rows: session.height,
    connections: session.attachment,
    is_own: session.subject === caller.subject,
    started_at: writeInstant(session.startedAt),
    detached_at: writeOptionalInstant(detachedAt),
    ended_at: writeOptionalInstant(endedAt),
    end_reason: session.endReason,
    ended_by: session.endedBy,
    exit_code: session.exitCode,
    recording: isRecorded ? { bytes: session.recordedBytes, problem: session.recordingProblem } : null,
  };
}

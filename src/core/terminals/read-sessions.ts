import { type Context, hasScope } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import type { NodeId } from '../kernel/ids.ts';
import { type CursorPage, decodeCursor } from '../kernel/page.ts';
import type { Queryable } from '../kernel/sql.ts';
import { findTerminalSession, pageOfSessions } from './store.ts';
import type { TerminalSession, TerminalSessionId } from './terminal-session.ts';

/** Sees the sessions of others; whoever may open terminals sees their own. */
const ALL = 'garrison.sessions.read';

export interface SessionsRequest {
  readonly nodeId?: NodeId | undefined;
  readonly openOnly?: boolean | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Those of the caller, or of everybody in the tenant; the newest first. */
export function listSessions(
  ctx: Context,
  { db }: { readonly db: Queryable },
  { nodeId, openOnly = false, cursor, limit }: SessionsRequest,
): Promise<CursorPage<TerminalSession>> {
  const before = cursor === undefined ? undefined : decodeCursor(cursor, { value: 'instant', id: 'uuid' });
  const subject = hasScope(ctx.principal, ALL) ? undefined : ctx.principal.subject;
  return pageOfSessions(db, { tenantId: ctx.tenantId, subject, nodeId, openOnly, before, limit });
}

/**
 * One session: the caller's own, or anybody's with one of `scopes`.
 * @throws FleetError `not_found`
 */
export async function readSession(
  ctx: Context,
  { db }: { readonly db: Queryable },
  { id, scopes = [ALL] }: { readonly id: TerminalSessionId | undefined; readonly scopes?: readonly string[] },
): Promise<TerminalSession> {
  const session = id && (await findTerminalSession(db, { tenantId: ctx.tenantId, id }));
  const isOwn = session?.subject === ctx.principal.subject;
  const maySee = isOwn || scopes.some((scope) => hasScope(ctx.principal, scope));
  if (session === undefined || !maySee)
    throw new FleetError('not_found', 'there is no such session; garrison sessions ls lists them');
  return session;
}

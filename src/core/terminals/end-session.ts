import type { Bus } from '../kernel/bus.ts';
import type { Context } from '../kernel/context.ts';
import type { Queryable } from '../kernel/sql.ts';
import { readSession } from './read-sessions.ts';
import { markEndedBy } from './store.ts';
import type { TerminalSession, TerminalSessionId } from './terminal-session.ts';

/** Told to every controller: who has this session ends it. */
export const SESSION_ENDED = 'terminals.ended';

export interface SessionEndedMessage {
  readonly id: TerminalSessionId;
}

export interface EndSessionDeps {
  readonly db: Queryable;
  readonly bus: Pick<Bus, 'publish'>;
}

/**
 * Ends the caller's own session, or anybody's with the scope `garrison.sessions.end`. Ending it again changes nothing.
 *
 * Order: the row, so that nobody comes back to it, then the word on the bus. A word that is lost is found by whoever has the
 * session open, which looks at the rows of its sessions every few seconds.
 */
export async function finishTerminalSession(
  ctx: Context,
  { db, bus }: EndSessionDeps,
  id: TerminalSessionId | undefined,
): Promise<TerminalSession> {
  const session = await readSession(ctx, { db }, { id, scopes: ['garrison.sessions.end'] });
  const endedBy = ctx.principal.name;
  await markEndedBy(db, { tenantId: ctx.tenantId, id: session.id, endedBy, at: ctx.clock.now() });
  bus.publish(SESSION_ENDED, { id: session.id } satisfies SessionEndedMessage);
  return session;
}

/**
 * A browser cannot send a header with a WebSocket, and sends its cookies wherever the page that opens it is from. So a terminal is opened
 * by a ticket: asked for by an ordinary request, good once and for half a minute, and only together with the credential of the caller that
 * asked. Whoever else presents it has used it up.
 */
import type { Clock } from '../kernel/clock.ts';
import type { Context, Principal } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { hashCredential, newCredential, Secret } from '../kernel/secret.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { TerminalTarget } from '../tunnels/tunnel.ts';
import { insertTicket, removeTickets, takeTicketRow } from './ticket-store.ts';

/** What it opens, and nothing else. */
export type TicketPurpose =
  | { readonly kind: 'terminal'; readonly node: string; readonly target: TerminalTarget }
  | { readonly kind: 'session'; readonly sessionId: string; readonly position: number }
  | { readonly kind: 'watch'; readonly sessionId: string };

export interface IssuedTicket {
  readonly secret: Secret;
  readonly expiresAt: Date;
}

export interface TicketDeps {
  readonly db: Queryable;
  readonly sealer: Pick<Sealer, 'seal'>;
}

export const TICKET_PREFIX = 'gtt_';
const TICKET_MS = 30_000;
/** One caller may have so many at a time: each tab that comes back asks for one. */
const MOST_WAITING = 64;

/** @throws FleetError `rate_limited` while too many of the caller's own have not been used */
export async function issueTicket(ctx: Context, deps: TicketDeps, purpose: TicketPurpose): Promise<IssuedTicket> {
  const { principal, tenantId, clock } = ctx;
  const secret = newCredential(TICKET_PREFIX);
  const hash = hashCredential(secret);
  const expiresAt = new Date(clock.millis() + TICKET_MS);
  const sealed = deps.sealer.seal(JSON.stringify(purpose), sealedAs(hash));
  await removeTickets(deps.db, clock.now());
  const ticket = { hash, tenantId, subject: principal.subject, purpose: sealed, expiresAt };
  if (!(await insertTicket(deps.db, ticket, MOST_WAITING)))
    throw new FleetError(
      'rate_limited',
      `${MOST_WAITING} tickets of yours have not been used, which is the limit; try again in half a minute`,
    );
  return { secret: new Secret(secret), expiresAt };
}

export interface TicketPresented {
  readonly principal: Principal;
  readonly secret: string;
}

/** Takes it away, and gives what it is for. @throws FleetError `forbidden` where it opens nothing, or nothing for this caller */
export async function takeTicket(
  { db, sealer, clock }: { readonly db: Queryable; readonly sealer: Pick<Sealer, 'open'>; readonly clock: Clock },
  { principal, secret }: TicketPresented,
): Promise<TicketPurpose> {
  const hash = hashCredential(secret);
  const ticket = await takeTicketRow(db, hash);
  if (ticket === undefined || ticket.expiresAt <= clock.now())
    throw new FleetError('forbidden', 'this ticket was used, or is too old; ask for another one');
  if (ticket.tenantId !== principal.tenantId || ticket.subject !== principal.subject)
    throw new FleetError('forbidden', 'this ticket was given to somebody else');
  return JSON.parse(sealer.open(ticket.purpose, sealedAs(hash)).toString('utf8')) as TicketPurpose; // sealed by us
}

function sealedAs(hash: Buffer): string {
  return `terminal-ticket/${hash.toString('hex')}`;
}

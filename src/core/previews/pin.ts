/**
 * A pin says: this caller has seen what this operation with this input means, and nothing else may be started with it.
 *
 * It is what was seen, sealed with the secret key of the installation (AES-256-GCM) for one tenant, one subject and one
 * operation: nobody can read it, change it, or use that of another, for whom it is simply unknown. It ends by itself.
 * What is longer than a text that people pass on stays in a row for that time, and the pin names the row.
 */
import { createHash } from 'node:crypto';
import type { Context } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { type Id, newId } from '../kernel/ids.ts';
import { type Sealer, UnsealError } from '../kernel/sealer.ts';
import type { Queryable } from '../kernel/sql.ts';
import { findKeptPin, keepPin } from './store.ts';

export type KeptPinId = Id<'kept-pin'>;

export const PIN_LIFE_MS = 10 * 60_000;
/** The most that is sealed into the pin itself. */
const MOST_BYTES_WITHIN = 2_048;
/** Longer texts are no pins. */
export const MOST_PIN_CHARACTERS = 4_096;
const PREFIX = 'pin_';

export interface PinDeps {
  readonly db: Queryable;
  readonly sealer: Pick<Sealer, 'seal' | 'open'>;
}

export interface SealedPin {
  readonly pin: string;
  readonly expiresAt: Date;
}

export interface OpenedPin {
  /** As it was given to `sealPin`, through JSON. */
  readonly content: unknown;
  /** What tells this pin from every other. */
  readonly hash: Buffer;
  readonly expiresAt: Date;
  readonly isExpired: boolean;
}

interface Sealed {
  readonly expires: number;
  /** Either of the two. */
  readonly content?: unknown;
  readonly kept?: KeptPinId;
}

/** @param operation Stable name of what the pin is for, such as `fleet.run`. */
export async function sealPin(ctx: Context, deps: PinDeps, operation: string, content: unknown): Promise<SealedPin> {
  const expires = ctx.clock.millis() + PIN_LIFE_MS;
  const expiresAt = new Date(expires);
  const text = JSON.stringify(content);
  const isShort = Buffer.byteLength(text) <= MOST_BYTES_WITHIN;
  const within: Sealed = isShort ? { expires, content } : { expires, kept: await keep(ctx, deps, text, expiresAt) };
  const sealed = deps.sealer.seal(JSON.stringify(within), contextOf(ctx, operation));
  return { pin: PREFIX + sealed.toString('base64url'), expiresAt };
}

/** @throws FleetError `not_found` for anything that is no pin of this caller for this operation. */
export async function openPin(ctx: Context, deps: PinDeps, operation: string, pin: string): Promise<OpenedPin> {
  const sealed = bytesOf(pin);
  const { expires, content, kept }: Sealed = JSON.parse(openText(deps, sealed, contextOf(ctx, operation)));
  const expiresAt = new Date(expires);
  const isExpired = ctx.clock.millis() >= expires;
  const hash = createHash('sha256').update(sealed).digest();
  if (kept === undefined) return { content, hash, expiresAt, isExpired };
  const row = await findKeptPin(deps.db, ctx, kept);
  if (row === undefined) return { content: undefined, hash, expiresAt, isExpired: true };
  return { content: JSON.parse(openText(deps, row, keptContextOf(kept))), hash, expiresAt, isExpired };
}

async function keep(ctx: Context, deps: PinDeps, text: string, expiresAt: Date): Promise<KeptPinId> {
  const id = newId<KeptPinId>();
  await keepPin(deps.db, ctx, { id, sealed: deps.sealer.seal(text, keptContextOf(id)), expiresAt });
  return id;
}

/** The bytes and not the text are what one pin is: base64 has several texts for the same bytes. */
function bytesOf(pin: string): Buffer {
  if (!pin.startsWith(PREFIX) || pin.length > MOST_PIN_CHARACTERS) throw unknownPin();
  return Buffer.from(pin.slice(PREFIX.length), 'base64url');
}

function openText({ sealer }: PinDeps, sealed: Buffer, context: string): string {
  try {
    return sealer.open(sealed, context).toString('utf8');
  } catch (error) {
    if (error instanceof UnsealError) throw unknownPin();
    throw error;
  }
}

export function unknownPin(): FleetError {
  return new FleetError('not_found', 'there is no such pin; make a preview again');
}

function contextOf({ tenantId, principal }: Context, operation: string): string {
  return `pin/${JSON.stringify([tenantId, principal.subject, operation])}`;
}

function keptContextOf(id: KeptPinId): string {
  return `kept-pin/${id}`;
}

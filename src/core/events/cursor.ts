import type { Id, TenantId } from '../kernel/ids.ts';
import type { OutboxPlace } from './outbox.ts';

export type CursorId = Id<'event-cursor'>;

export type CursorKind = 'webhook' | 'broker';

/** How far a destination has come in the outbox, as one controller holds it: writes count only under its epoch. */
export interface ClaimedCursor extends OutboxPlace {
  readonly id: CursorId;
  readonly kind: CursorKind;
  /** Whose events; null: everybody's. */
  readonly tenantId: TenantId | null;
  /** Which; null: all. */
  readonly types: readonly string[] | null;
  readonly epoch: number;
  /** Consecutive failures of the destination. */
  readonly failures: number;
  readonly failingSince: Date | null;
}

/** The lease of this cursor has ended and somebody else may have it: nothing was written. */
export class CursorLost extends Error {
  constructor(id: CursorId) {
    super(`the lease of cursor ${id} is lost`);
    this.name = 'CursorLost';
  }
}

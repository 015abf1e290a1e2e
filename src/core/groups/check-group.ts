import type { Context } from '../kernel/context.ts';
import { invalidField } from '../kernel/fleet-error.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import { readMissing } from '../nodes/store.ts';

const MAX_NAME_LENGTH = 255;

/** The name without blanks around it. @throws FleetError `invalid`. */
export function checkGroupName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '') throw invalidField('name', 'must not be blank');
  if (trimmed.length > MAX_NAME_LENGTH) throw invalidField('name', `has at most ${MAX_NAME_LENGTH} characters`);
  return trimmed;
}

/** Pinning a node of nobody's, or of another tenant, is refused; one that goes later is forgotten in silence. */
export async function checkPinnedMembers(tx: Queryable, ctx: Context, ids: readonly NodeId[]): Promise<void> {
  if (ids.length === 0) return;
  const missing = await readMissing(tx, ctx, ids);
  if (missing.length > 0) throw invalidField('pinned_members', `no such node: ${missing.join(', ')}`);
}

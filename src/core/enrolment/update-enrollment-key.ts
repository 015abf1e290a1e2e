import { refuseWhenDegraded } from '../controllers/sharding-topology.ts';
import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import type { Queryable } from '../kernel/sql.ts';
import { checkTags } from '../nodes/tags.ts';
import type { KeyDeps } from './create-enrollment-key.ts';
import type { EnrollmentKey, EnrollmentKeyId } from './enrollment-key.ts';
import { changeKey, type KeyChange, readKeys, removeEnrollmentKey } from './store.ts';

/** @throws FleetError `not_found`. */
export async function getEnrollmentKey(
  ctx: Context,
  { db, sealer }: { readonly db: Queryable; readonly sealer: KeyDeps['sealer'] },
  id: EnrollmentKeyId,
): Promise<EnrollmentKey> {
  const [key] = await readKeys(db, sealer, ctx, [id]);
  if (!key) throw notFound('enrollment key');
  return key;
}

/** Null clears name, limit or end; what is left out stays. @throws FleetError `not_found`, `invalid` tags, `degraded`. */
export async function updateEnrollmentKey(
  ctx: Context,
  deps: KeyDeps,
  { id, ...change }: KeyChange & { readonly id: EnrollmentKeyId },
): Promise<EnrollmentKey> {
  if (change.tags !== undefined) checkTags('tags', change.tags);
  await refuseWhenDegraded(deps.db, ctx.clock);
  return deps.db.transaction(async (tx) => {
    if (!(await changeKey(tx, ctx, id, change))) throw notFound('enrollment key');
    return getEnrollmentKey(ctx, { ...deps, db: tx }, id);
  });
}

/** Nodes that joined with it stay. @throws FleetError `not_found`, `degraded`. */
export async function deleteEnrollmentKey(ctx: Context, deps: KeyDeps, id: EnrollmentKeyId): Promise<void> {
  await refuseWhenDegraded(deps.db, ctx.clock);
  if (!(await removeEnrollmentKey(deps.db, ctx, id))) throw notFound('enrollment key');
}

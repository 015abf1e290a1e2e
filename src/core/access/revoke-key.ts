import { recordEvents } from '../events/record-events.ts';
import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import type { KeyId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import type { Key } from './key.ts';
import type { KeyRing } from './key-ring.ts';
import { markKeyRevoked } from './store.ts';

/**
 * The key opens nothing any more: here at once, on other controllers when their memory of it ends (`KeyRing`). Revoking
 * it again changes nothing.
 */
export async function revokeKey(
  ctx: Context,
  deps: { readonly db: Database; readonly keyRing: Pick<KeyRing, 'forget'> },
  id: KeyId,
): Promise<Key> {
  const { tenantId, clock } = ctx;
  const revoked = await deps.db.transaction(async (tx) => {
    const found = await markKeyRevoked(tx, { tenantId, id, at: clock.now() });
    if (found === undefined) throw notFound('key');
    const { kind, name } = found.key;
    await recordEvents(tx, [{ tenantId, type: 'key.revoked', subject: id, data: { id, kind, name } }]);
    return found;
  });
  deps.keyRing.forget(revoked.hash);
  return revoked.key;
}

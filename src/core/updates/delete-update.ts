import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import type { RunId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import { keepLastUpdates } from './last-update.ts';
import { lockRequest, removeRequest } from './store.ts';
import { UpdateRefused } from './update-refused.ts';

/** With its executions; each node goes on telling what became of its last update. @throws FleetError `not_found`; `conflict` while nodes are asked or are still at it. */
export async function deleteUpdate(ctx: Context, deps: { readonly db: Database }, id: RunId): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const request = await lockRequest(tx, ctx, id);
    if (request === undefined) throw notFound('self-update request');
    if (request.stage !== 'answered' || request.isRunning) throw new UpdateRefused(request.stage);
    await keepLastUpdates(tx, ctx, id);
    await removeRequest(tx, ctx, id);
  });
}

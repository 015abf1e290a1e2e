import { ensureOverlayAddress } from '../clusters/overlay-address.ts';
import type { Context } from '../kernel/context.ts';
import { isUniqueViolation } from '../kernel/database-errors.ts';
import { FleetError, notFound } from '../kernel/fleet-error.ts';
import { type NodeId, newId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import { getNode } from '../nodes/get-node.ts';
import { claimQuota } from '../tenants/claim-quota.ts';
import { type Alias, type AliasId, checkAliasName } from './alias.ts';
import { findAlias, insertAlias, removeAlias } from './store.ts';

/**
 * Gives the node another name in its cluster, and an address when it has none, so that the name leads somewhere.
 *
 * @throws FleetError `not_found` (node), `invalid` (a UUID), `conflict` (taken in this cluster, no address left).
 */
export async function createAlias(
  ctx: Context,
  deps: { readonly db: Database },
  input: { readonly nodeId: NodeId; readonly name: string },
): Promise<Alias> {
  checkAliasName(input.name);
  const id = newId<AliasId>();
  try {
    return await deps.db.transaction(async (tx) => {
      const node = await getNode(tx, ctx, input.nodeId);
      if ((await ensureOverlayAddress(tx, node.id)) === undefined) throw noAddress(node.clusterName);
      await claimQuota(tx, { tenantId: ctx.tenantId, kind: 'aliases' });
      await insertAlias(tx, ctx, { id, nodeId: node.id, clusterId: node.clusterId, name: input.name });
      return existing(await findAlias(tx, ctx, id));
    });
  } catch (error) {
    if (isUniqueViolation(error)) throw new FleetError('conflict', 'name has already been taken', { cause: error });
    throw error;
  }
}

/** @throws FleetError `not_found`. */
export async function getAlias(ctx: Context, deps: { readonly db: Database }, id: AliasId): Promise<Alias> {
  return existing(await findAlias(deps.db, ctx, id));
}

/** @throws FleetError `not_found`. */
export async function deleteAlias(ctx: Context, deps: { readonly db: Database }, id: AliasId): Promise<void> {
  if (!(await removeAlias(deps.db, ctx, id))) throw notFound('alias');
}

function existing(alias: Alias | undefined): Alias {
  if (alias === undefined) throw notFound('alias');
  return alias;
}

function noAddress(clusterName: string): FleetError {
  return new FleetError('conflict', `the node has no address: the range of cluster ${clusterName} is full`);
}

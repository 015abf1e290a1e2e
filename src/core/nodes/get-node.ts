import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { Node } from './node.ts';
import { readNode } from './store.ts';

/** @throws FleetError `not_found` for a node there is not, or not in this tenant. */
export async function getNode(db: Queryable, ctx: Context, id: NodeId): Promise<Node> {
  const node = await readNode(db, ctx, id);
  if (node === undefined) throw notFound('node');
  return node;
}

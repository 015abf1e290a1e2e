import type { Context } from '../kernel/context.ts';
import { type CursorPage, decodeCursor, encodeCursor } from '../kernel/page.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { Selector } from '../selectors/selector.ts';
import { selectorCondition } from '../selectors/selector-condition.ts';
import type { Node } from './node.ts';
import type { PresenceKind } from './presence.ts';
import { countByPresence, type NodeOrder, readNodesInOrder } from './store.ts';

export interface SearchNodes {
  readonly selector: Selector;
  /** Only nodes of one of these; everyone when left out. The counts are of all. */
  readonly presence?: readonly PresenceKind[] | undefined;
  readonly order: NodeOrder;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface FoundNodes extends CursorPage<Node> {
  /** How many the selector means, by presence; null behind the first page. */
  readonly counts: Readonly<Record<PresenceKind, number>> | null;
}

/** A page of the nodes that a selector means, in one of a few orders. @throws FleetError `malformed` on a cursor of another list. */
export async function searchNodes(db: Queryable, ctx: Context, input: SearchNodes): Promise<FoundNodes> {
  const { selector, presence, order, limit, cursor } = input;
  const value = order.by === 'seen' ? 'instant' : 'text';
  const after = cursor === undefined ? undefined : decodeCursor(cursor, { value, id: 'uuid' });
  const where = await selectorCondition(db, ctx, selector);
  const found = await readNodesInOrder(db, ctx, { where, presence, order, after, limit: limit + 1 });
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const nextCursor =
    found.length > limit && last !== undefined ? encodeCursor({ value: last.place, id: last.node.id }) : null;
  const counts = cursor === undefined ? await countByPresence(db, ctx, where) : null;
  return { items: items.map(({ node }) => node), nextCursor, counts };
}

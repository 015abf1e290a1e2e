import type { Context } from '../kernel/context.ts';
import { type CursorPage, decodeCursor, encodeCursor } from '../kernel/page.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { Selector } from '../selectors/selector.ts';
import { selectorCondition } from '../selectors/selector-condition.ts';
import type { Node } from './node.ts';
import { readNodes } from './store.ts';

export interface ListNodes {
  readonly selector: Selector;
  readonly limit: number;
  /** From the page before. */
  readonly cursor?: string | undefined;
}

/** A page of nodes by name and id. @throws FleetError `malformed` on a cursor of another make. */
export async function listNodes(db: Queryable, ctx: Context, input: ListNodes): Promise<CursorPage<Node>> {
  const after = input.cursor === undefined ? undefined : decodeCursor(input.cursor, { value: 'text', id: 'uuid' });
  const where = await selectorCondition(db, ctx, input.selector);
  const found = await readNodes(db, ctx, { where, after, limit: input.limit + 1 });
  const items = found.slice(0, input.limit);
  const last = items.at(-1);
  const hasMore = found.length > input.limit && last !== undefined;
  return { items, nextCursor: hasMore ? encodeCursor({ value: last.name, id: last.id }) : null };
}

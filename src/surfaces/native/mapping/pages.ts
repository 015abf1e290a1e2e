import type { CursorPage } from '#core/kernel/page.ts';

export function writePage<Item, Wire>(page: CursorPage<Item>, write: (item: Item) => Wire) {
  return { items: page.items.map(write), next_cursor: page.nextCursor };
}

/** A page of a list that is walked by cursor (edge-fleet, native). */
export interface CursorPage<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

/** A page of a list that is walked by number (edge-admin). */
export interface NumberedPage<Item> {
  readonly data: readonly Item[];
  readonly meta: { readonly pagination: { readonly next_page?: number | null | undefined } };
}

/** Every item of the list, one request per page, as far as the reader goes. */
export async function* walkCursor<Item>(
  page: (cursor: string | undefined) => Promise<CursorPage<Item>>,
): AsyncGenerator<Item, void, void> {
  let cursor: string | undefined;
  do {
    const { items, next_cursor } = await page(cursor);
    yield* items;
    cursor = next_cursor ?? undefined;
  } while (cursor !== undefined);
}

export async function* walkPages<Item>(
  page: (number: number) => Promise<NumberedPage<Item>>,
): AsyncGenerator<Item, void, void> {
  let number: number | null | undefined = 1;
  do {
    const { data, meta } = await page(number);
    yield* data;
    number = meta.pagination.next_page;
  } while (number);
}

/** The first `limit` items (all without one). */
export async function collect<Item>(items: AsyncIterable<Item>, limit = Number.POSITIVE_INFINITY): Promise<Item[]> {
  const collected: Item[] = [];
  if (limit <= 0) return collected;
  for await (const item of items) {
    collected.push(item);
    if (collected.length >= limit) break;
  }
  return collected;
}

/**
 * Does the work for many items at once; a batch that fails through one of its items is halved until that item stands alone.
 * So an item that can never be done keeps nobody else waiting, and costs two attempts for every doubling of the batch.
 *
 * The outcome of each item is in the order of the items. An error that is no item's fault fails its whole part: halving
 * would only ask a server that is away once more.
 */
export async function workApart<Item, Result>(
  items: readonly Item[],
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
  isFaultOfItem: (error: unknown) => boolean,
): Promise<PromiseSettledResult<Result>[]> {
  try {
    const results = await work(items);
    // one result per item is the contract of `work`; none where the result is void
    return items.map((_, place) => ({ status: 'fulfilled', value: results[place] as Result }));
  } catch (reason) {
    if (items.length < 2 || !isFaultOfItem(reason)) return items.map(() => ({ status: 'rejected', reason }));
    const middle = items.length >> 1;
    const first = await workApart(items.slice(0, middle), work, isFaultOfItem);
    return [...first, ...(await workApart(items.slice(middle), work, isFaultOfItem))];
  }
}

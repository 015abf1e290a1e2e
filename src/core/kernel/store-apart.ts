import { workApart } from '#runtime/work-apart.ts';
import { isFaultOfValues } from './database-errors.ts';

/** What became of a batch; whatever is in neither list has been stored. */
export interface StoredApart<Item> {
  /** Can never be stored. */
  readonly refused: readonly { readonly item: Item; readonly error: unknown }[];
  /** Could not be stored now, each for `problem`; empty while the database is well. */
  readonly left: readonly Item[];
  readonly problem: unknown;
}

/** Stores a batch that no caller waits for, item by item if need be: one that can never be stored does not hold up the others. */
export async function storeApart<Item>(
  items: readonly Item[],
  store: (part: readonly Item[]) => Promise<unknown>,
): Promise<StoredApart<Item>> {
  if (items.length === 0) return { refused: [], left: [], problem: undefined };
  const outcomes = await workApart<Item, unknown>(items, async (part) => [await store(part)], isFaultOfValues);
  const failed = outcomes.flatMap(
    (outcome, place) => (outcome.status === 'rejected' ? [{ item: items[place] as Item, error: outcome.reason }] : []), // one outcome for each
  );
  const left = failed.filter(({ error }) => !isFaultOfValues(error));
  return {
    refused: failed.filter(({ error }) => isFaultOfValues(error)),
    left: left.map(({ item }) => item),
    problem: left[0]?.error,
  };
}

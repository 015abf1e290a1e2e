import { expect, test } from 'vitest';
import { systemClock } from '../kernel/clock.ts';
import type { Context } from '../kernel/context.ts';
import { type NodeId, newId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import { readSummaries } from './store.ts';

/** A database with so many nodes, each disconnected. */
function nodes(count: number) {
  const ids = Array.from({ length: count }, () => newId<NodeId>());
  const row = { marks: ids.map((id) => `d${id}`).join(''), names: ids.map((_, index) => `host-${index}`) };
  const tx = { query: async () => [row] } as unknown as Queryable; // nothing else is asked of it
  return { ids, tx, ctx: { clock: systemClock } as Context };
}

/** How often others had a turn until it was over. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await work.finally(() => {
    isOver = true;
  });
  return turns;
}

test('a large fleet is read in turns, and whole', async () => {
  const { ids, tx, ctx } = nodes(50_000);
  const reading = readSummaries(tx, ctx, sql`true`);
  expect(await turnsDuring(reading)).toBeGreaterThanOrEqual(4);
  const summaries = await reading;
  expect(summaries.map(({ id }) => id)).toEqual(ids);
  expect(summaries[7]).toEqual({ id: ids[7], name: 'host-7', presence: 'disconnected' });
});

test('a small one takes no turn for it', async () => {
  const { tx, ctx } = nodes(100);
  expect(await turnsDuring(readSummaries(tx, ctx, sql`true`))).toBe(0);
});

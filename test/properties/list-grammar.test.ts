import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sql } from '#core/kernel/sql.ts';
import { pageOf } from '#core/lists/compile-list.ts';
import { defineList, flag, instant, integer, text } from '#core/lists/fields.ts';
import type { Condition, ListRequest } from '#core/lists/list-request.ts';
import { defineGrammar } from '#surfaces/edge-admin/lists/list-grammar.ts';
import { readListRequest } from '#surfaces/edge-admin/lists/read-list-request.ts';
import { emptyTestDatabase, type TestDatabase } from '#test/support/database.ts';

interface Thing {
  readonly id: string;
  readonly name: string | null;
  readonly size: number;
  readonly seenAt: string | null;
  readonly isReady: boolean;
  readonly createdAt: string;
}

const list = defineList({
  from: sql`things`,
  id: sql`things.id`,
  joins: { double: sql`join (select id, size * 2 as twice from things) as doubled on doubled.id = things.id` },
  fields: {
    name: text(sql`things.name`, { isSortable: true, isNullable: true }),
    size: integer(sql`things.size`, { isSortable: true }),
    twice: integer(sql`doubled.twice`, { join: 'double', isSortable: true }),
    isReady: flag(sql`things.is_ready`),
    seenAt: instant(sql`things.seen_at`, { isSortable: true, isNullable: true }),
    createdAt: instant(sql`things.created_at`, { isSortable: true }),
  },
});

const grammar = defineGrammar(list.fields, {
  name: 'name',
  size: 'size',
  twice: 'twice',
  isReady: 'is_ready',
  seenAt: 'seen_at',
  createdAt: 'inserted_at',
});

/** Letters that make names collide, and everything patterns could trip over. */
const names = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '%', '_', '\\', ',', "'", ' ', 'é'), maxLength: 4 });
const instants = fc
  .integer({ min: 0, max: 4 })
  .map((days) => new Date(Date.UTC(2026, 0, 30 + days, days * 6)).toISOString());

const things = fc.uniqueArray(
  fc.record<Thing>({
    id: fc.uuid({ version: 7 }),
    name: fc.option(names),
    size: fc.integer({ min: -2, max: 3 }),
    seenAt: fc.option(instants),
    isReady: fc.boolean(),
    createdAt: instants,
  }),
  { selector: (thing) => thing.id, maxLength: 12 },
);

const patterns = fc.string({ unit: fc.constantFrom('a', 'b', 'B', '*', '%', '_', '\\', ',', "'"), maxLength: 4 });
const bounds = fc.oneof(
  instants,
  instants.map((at) => at.slice(0, 10)),
);

/** Few filters at once, so that something is found. */
const filters = fc
  .array(
    fc.oneof(
      fc.record({ name: patterns }),
      fc.record({ size: fc.integer({ min: -2, max: 3 }) }),
      fc.record({ size__lte: fc.integer({ min: -2, max: 3 }) }),
      fc.record({ twice__gte: fc.integer({ min: -4, max: 6 }) }),
      fc.record({ is_ready: fc.boolean() }),
      fc.record({ seen_at__gte: bounds }),
      fc.record({ seen_at__lte: bounds }),
      fc.record({ inserted_at__lte: bounds }),
    ),
    { maxLength: 2 },
  )
  .map((all) => Object.assign({}, ...all));

const order = fc.record(
  {
    order_by: fc
      .shuffledSubarray(['name', 'size', 'twice', 'seen_at', 'inserted_at'], { minLength: 1, maxLength: 2 })
      .map((fields) => fields.join(',')),
    order_directions: fc.constantFrom('asc', 'desc'),
  },
  { requiredKeys: [] },
);

const pages = fc.record(
  { page: fc.integer({ min: 1, max: 3 }), page_size: fc.integer({ min: 1, max: 12 }) },
  { requiredKeys: [] },
);

const parameters = fc.tuple(filters, order, pages).map((parts) => Object.assign({}, ...parts));

let database: TestDatabase;

beforeAll(async () => {
  database = await emptyTestDatabase();
  await database.db.execute(sql`
    create table things (id uuid primary key, name text collate "C", size int not null, seen_at timestamptz,
      is_ready boolean not null, created_at timestamptz not null)`);
});

afterAll(() => database.close());

test('a page and its total are what an evaluation in memory says, in a total order', async () => {
  await fc.assert(
    fc.asyncProperty(things, parameters, async (rows, given) => {
      const spelled = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]));
      const request = readListRequest(grammar, spelled);
      await insert(rows);
      const expected = evaluate(rows, request);
      expect(await read(request)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test('in a pattern only the asterisk is special', async () => {
  const texts = fc.string({ unit: fc.constantFrom('a', 'b', '%', '_', '\\'), maxLength: 3 });
  const rows = fc
    .array(texts, { minLength: 5, maxLength: 30 })
    .map((all) => all.map((name) => ({ ...anyThing, name })));
  const pattern = fc.string({ unit: fc.constantFrom('a', 'B', '%', '_', '\\', '*', ','), minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(rows, pattern, async (unnamed, name) => {
      const numbered = unnamed.map((thing, index) => ({ ...thing, id: thing.id.replace(/..$/, String(index + 10)) }));
      const request = readListRequest(grammar, { name, page_size: '100' });
      await insert(numbered);
      expect(await read(request)).toEqual(evaluate(numbered, request));
    }),
    { numRuns: 400 },
  );
});

const anyThing: Thing = {
  id: '0198e1b2-7f6a-7000-8000-0123456789ab',
  name: '',
  size: 1,
  seenAt: null,
  isReady: true,
  createdAt: '2026-01-30T00:00:00.000Z',
};

async function insert(rows: readonly Thing[]): Promise<void> {
  await database.db.transaction(async (tx) => {
    await tx.execute(sql`delete from things`);
    await tx.execute(sql`
      insert into things (id, name, size, seen_at, is_ready, created_at)
      select * from jsonb_to_recordset(${JSON.stringify(rows.map(toRow))}::jsonb)
        as row (id uuid, name text, size int, seen_at timestamptz, is_ready boolean, created_at timestamptz)`);
  });
}

function toRow({ id, name, size, seenAt, isReady, createdAt }: Thing) {
  return { id, name, size, seen_at: seenAt, is_ready: isReady, created_at: createdAt };
}

async function read(request: ListRequest) {
  const rows = await database.db.query<{ id: string | null; total: number }>(sql`
    select page.id, total.total_count as total from ${pageOf(list, request, sql`true`)} order by page.place`);
  return { ids: rows.flatMap(({ id }) => (id === null ? [] : [id])), total: rows[0]?.total };
}

// ---- the same in memory -----------------------------------------------------------------------------------------

function evaluate(rows: readonly Thing[], { conditions, order, page, pageSize }: ListRequest) {
  const found = rows.filter((row) => conditions.every((condition) => holds(row, condition)));
  const isUp = order.at(-1)?.direction === 'asc';
  const sorted = found.toSorted((left, right) => {
    for (const { field, direction } of order) {
      const difference = compare(fieldValue(left, field), fieldValue(right, field), direction);
      if (difference !== 0) return difference;
    }
    return compare(left.id, right.id, isUp ? 'desc' : 'asc');
  });
  const ids = sorted.slice((page - 1) * pageSize, page * pageSize).map((row) => row.id);
  return { ids, total: found.length };
}

function holds(row: Thing, condition: Condition): boolean {
  const actual = fieldValue(row, condition.field);
  if (actual === null) return false;
  if (condition.is === 'like')
    return condition.anyOf.some((one) => matches(String(actual), 'like' in one ? one.like : one.exactly));
  const { is, value } = condition;
  if (is === 'equal') return actual === value;
  const wanted = typeof value === 'string' ? Date.parse(value) : Number(value);
  return is === 'atLeast' ? Number(actual) >= wanted : Number(actual) <= wanted;
}

function matches(actual: string, pattern: string): boolean {
  if (!pattern.includes('*')) return actual === pattern;
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'is').test(actual);
}

function fieldValue(row: Thing, field: string): string | number | boolean | null {
  const values: Record<string, string | number | boolean | null> = {
    name: row.name,
    size: row.size,
    twice: row.size * 2,
    isReady: row.isReady,
    seenAt: row.seenAt === null ? null : Date.parse(row.seenAt),
    createdAt: Date.parse(row.createdAt),
  };
  return values[field] ?? null;
}

/** Nulls last in either direction; texts by their bytes. */
function compare(left: unknown, right: unknown, direction: 'asc' | 'desc'): number {
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  if (left === right) return 0;
  const isLess =
    typeof left === 'string'
      ? Buffer.compare(Buffer.from(left), Buffer.from(String(right))) < 0
      : Number(left) < Number(right);
  return isLess === (direction === 'asc') ? -1 : 1;
}

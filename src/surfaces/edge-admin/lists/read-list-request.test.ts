import { describe, expect, test } from 'vitest';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { sql } from '#core/kernel/sql.ts';
import { choice, flag, instant, integer, special, text, uuid } from '#core/lists/fields.ts';
import { defineGrammar } from './list-grammar.ts';
import { readListRequest } from './read-list-request.ts';

const list = defineGrammar(
  {
    name: text(sql`things.name`, { isSortable: true }),
    state: choice(sql`things.state`, ['running', 'stopped'], { isSortable: true }),
    ownerId: uuid(sql`things.owner_id`),
    size: integer(sql`things.size`, { minimum: 1 }),
    weight: integer(sql`things.weight`, { offers: 'range' }),
    isReady: flag(sql`things.is_ready`),
    key: special((value) => sql`things.hash = ${value}`),
    createdAt: instant(sql`things.created_at`, { isSortable: true }),
  },
  {
    name: 'name',
    state: { name: 'status', words: { running: 'up', stopped: 'down' } },
    ownerId: 'owner_id',
    size: 'size',
    weight: 'weight',
    isReady: 'is_ready',
    key: 'key',
    createdAt: 'inserted_at',
  },
);

function refusal(parameters: Record<string, unknown>): Readonly<Record<string, readonly string[]>> | undefined {
  try {
    readListRequest(list, parameters);
    return undefined;
  } catch (error) {
    if (error instanceof FleetError && error.code === 'malformed') return error.details;
    throw error;
  }
}

test('without parameters it is the newest twenty', () => {
  expect(readListRequest(list, {})).toEqual({
    conditions: [],
    order: [{ field: 'createdAt', direction: 'desc' }],
    page: 1,
    pageSize: 20,
  });
});

test('every kind of field is read into its own type', () => {
  const { conditions } = readListRequest(list, {
    name: 'a*,b',
    key: 'a*',
    status: 'up',
    owner_id: '0198E1B2-7F6A-7000-8000-0123456789AB',
    size__gte: '2',
    is_ready: 'false',
    inserted_at__gte: '2026-01-31T12:00:00.123456+02:00',
  });
  expect(conditions).toEqual([
    { field: 'name', is: 'like', anyOf: [{ like: 'a*,b' }, { like: 'a*' }, { exactly: 'b' }] },
    { field: 'key', is: 'equal', value: 'a*' },
    { field: 'state', is: 'equal', value: 'running' },
    { field: 'ownerId', is: 'equal', value: '0198e1b2-7f6a-7000-8000-0123456789ab' },
    { field: 'size', is: 'atLeast', value: 2 },
    { field: 'isReady', is: 'equal', value: false },
    { field: 'createdAt', is: 'atLeast', value: '2026-01-31T10:00:00.123456Z' },
  ]);
});

test('a date stands for the first instant of its day as a lower bound and for the last as an upper one', () => {
  const { conditions } = readListRequest(list, { inserted_at__gte: '2026-01-31', inserted_at__lte: '2026-01-31' });
  expect(conditions).toEqual([
    { field: 'createdAt', is: 'atLeast', value: '2026-01-31T00:00:00.000000Z' },
    { field: 'createdAt', is: 'atMost', value: '2026-01-31T23:59:59.999999Z' },
  ]);
});

test('fields without a direction go up, and directions without fields turn the default order', () => {
  expect(readListRequest(list, { order_by: 'status,name', order_directions: 'desc' }).order).toEqual([
    { field: 'state', direction: 'desc' },
    { field: 'name', direction: 'asc' },
  ]);
  expect(readListRequest(list, { order_directions: 'asc' }).order).toEqual([{ field: 'createdAt', direction: 'asc' }]);
});

describe('what is refused, by the name of the parameter', () => {
  test.each([
    [
      'an unknown parameter',
      { colour: 'red' },
      { colour: [expect.stringMatching(/^Unexpected field: colour; the fields are \w/)] },
    ],
    [
      'a bound the field does not have',
      { weight: '1' },
      { weight: [expect.stringMatching(/^Unexpected field: weight; the fields are \w/)] },
    ],
    [
      'an instant without a bound',
      { inserted_at: '2026-01-31' },
      { inserted_at: [expect.stringMatching(/^Unexpected field: inserted_at; the fields are \w/)] },
    ],
    ['a page of 0', { page: '0' }, { page: ['0 is smaller than inclusive minimum 1'] }],
    ['a page that is a word', { page: 'first' }, { page: ['Invalid integer. Got: string'] }],
    ['a page size over 100', { page_size: '101' }, { page_size: ['101 is larger than inclusive maximum 100'] }],
    ['a number that is none', { size: '1.5' }, { size: ['Invalid integer. Got: string'] }],
    ['a number below its minimum', { size__lte: '0' }, { size__lte: ['0 is smaller than inclusive minimum 1'] }],
    ['a word outside the set', { status: 'sideways' }, { status: ['Invalid value for enum'] }],
    ['a UUID that is none', { owner_id: 'me' }, { owner_id: ['Invalid format. Expected :uuid'] }],
    ['a flag that is neither', { is_ready: 'maybe' }, { is_ready: ['Invalid boolean. Got: string'] }],
    ['a text with a null character', { name: 'a\0b' }, { name: ['Invalid string. It holds a null character'] }],
    ['a parameter given twice', { name: ['a', 'b'] }, { name: ['Given more than once'] }],
    [
      'a day that does not exist',
      { inserted_at__gte: '2026-02-30' },
      { inserted_at__gte: ['Failed to cast value using any of: date-time, date'] },
    ],
    [
      'an order by a field that cannot be ordered by',
      { order_by: 'size' },
      { order_by: ['Cannot order by size; fields that can: name, status, inserted_at'] },
    ],
    [
      'an unknown direction',
      { order_by: 'name', order_directions: 'sideways' },
      { order_directions: ['Invalid direction sideways; directions are asc and desc'] },
    ],
    [
      'more directions than fields',
      { order_by: 'name', order_directions: 'asc,desc' },
      { order_directions: ['2 directions for 1 fields in order_by'] },
    ],
  ])('%s', (_, parameters, details) => {
    expect(refusal(parameters)).toEqual(details);
  });

  test('everything at once', () => {
    expect(Object.keys(refusal({ colour: 'red', page: '0', status: 'x' }) ?? {}).sort()).toEqual([
      'colour',
      'page',
      'status',
    ]);
  });

  test('names of objects everybody has are parameters like any other', () => {
    expect(refusal(JSON.parse('{"__proto__": "x", "constructor": "y"}'))).toMatchObject({
      constructor: [expect.stringMatching(/^Unexpected field: constructor; the fields are \w/)],
    });
  });
});

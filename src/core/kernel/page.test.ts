import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor } from './page.ts';

const ID = '0195a6c0-0000-7000-8000-000000000000';

test('a cursor comes back as what it was made of', () => {
  const position = { value: '2026-03-01 10:00:00.123456+00', id: ID };
  expect(decodeCursor(encodeCursor(position), { value: 'instant', id: 'uuid' })).toEqual(position);
});

test.each([
  ['no base64', '%%%', {}],
  ['no JSON', Buffer.from('x').toString('base64url'), {}],
  ['three parts', Buffer.from('["a","b","c"]').toString('base64url'), {}],
  ['a number', Buffer.from('[1,"b"]').toString('base64url'), {}],
  ['a NUL character', encodeCursor({ value: 'a\0', id: 'b' }), {}],
  ['no instant', encodeCursor({ value: 'yesterday', id: ID }), { value: 'instant' }],
  ['the 45th of March', encodeCursor({ value: '2026-03-45 10:00:00+00', id: ID }), { value: 'instant' }],
  ['no integer', encodeCursor({ value: '1e9', id: ID }), { value: 'integer' }],
  ['no UUID', encodeCursor({ value: 'a', id: 'b' }), { id: 'uuid' }],
] as const)('%s is refused', (_, cursor, form) => {
  expect(() => decodeCursor(cursor, form)).toThrow(/is not a cursor of this list/);
});

import Type, { type TSchema } from 'typebox';
import { expect, test } from 'vitest';
import type { FleetError } from '#core/kernel/fleet-error.ts';
import { Validators } from './validators.ts';
import { jsonPointer, type Violation } from './violations.ts';

function detailsOf(schema: TSchema, body: unknown): unknown {
  try {
    new Validators({}).body(schema)(body);
  } catch (error) {
    return (error as FleetError).details; // readers throw nothing else
  }
  return 'accepted';
}

const Selector = Type.Union([
  Type.Object({ Node: Type.String() }, { additionalProperties: false }),
  Type.Object({ Group: Type.String({ minLength: 3 }) }, { additionalProperties: false }),
]);

test.each<[string, TSchema, unknown, unknown]>([
  ['a missing field', Type.Object({ a: Type.Object({ b: Type.String() }) }), { a: {} }, { 'a.b': ['is required'] }],
  ['an unknown field', Type.Object({}, { additionalProperties: false }), { x: 1 }, { x: ['is not known here'] }],
  ['an item', Type.Object({ l: Type.Array(Type.Integer()) }), { l: [1, 'x'] }, { 'l.1': ['must be an integer'] }],
  ['a choice of words', Type.Object({ a: Type.Enum(['x', 'y']) }), { a: 'z' }, { a: ['must be one of "x", "y"'] }],
  [
    'a choice of constants',
    Type.Object({ a: Type.Union([Type.Literal('x'), Type.Literal('y')]) }),
    { a: 'z' },
    { a: ['must be one of "x", "y"'] },
  ],
  [
    'the branch that was meant',
    Type.Object({ t: Selector }),
    { t: { Group: 'g' } },
    { 't.Group': ['must have at least 3 characters'] },
  ],
  ['no branch at all', Type.Object({ t: Selector }), { t: 7 }, { t: ['must be an object'] }],
  ['the body itself', Type.Object({}), [], { body: ['must be an object'] }],
  [
    'a name that reaches prototypes',
    Type.Object({}, { additionalProperties: false }),
    JSON.parse('{"constructor": 1}'),
    { constructor: ['is not known here'] },
  ],
])('%s is told by its name', (_, schema, body, details) => {
  expect(detailsOf(schema, body)).toEqual(details);
});

test('a large body is told its first violation only', () => {
  const schema = Type.Object({ l: Type.Array(Type.Integer()) });
  expect(detailsOf(schema, { l: Array.from({ length: 50_000 }, () => 'x') })).toEqual({
    'l.0': ['must be an integer'],
  });
});

test('a small body is told at most fifty', () => {
  const schema = Type.Object({ l: Type.Array(Type.Integer()) });
  const details = detailsOf(schema, { l: Array.from({ length: 500 }, () => 'x') });
  expect(Object.keys(details as object)).toHaveLength(50);
});

test('a pointer escapes what its syntax needs', () => {
  const violation: Violation = { part: 'body', path: ['a/b', 'c~d'], keyword: 'type', message: '', params: {} };
  expect(jsonPointer(violation)).toBe('/a~1b/c~0d');
});

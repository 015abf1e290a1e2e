/**
 * Whatever a caller sends is bounded before anything is done with it: every text has a length, every list and every map
 * a number of entries, in every operation of every surface and in the arguments of every tool.
 */
import { describe, expect, test } from 'vitest';
import { TOOLS } from '#protocol/tools/tools.ts';
import { OPERATIONS } from './all-surfaces.ts';

interface Schema {
  readonly [keyword: string]: unknown;
}

const ALTERNATIVES = ['anyOf', 'oneOf', 'allOf', 'prefixItems'] as const;

/** Pointers to what has no bound. */
function unbounded(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties, items, additionalProperties: rest, propertyNames, ...own } = schema as Schema;
  const types = [own.type].flat();
  const isFixed = own.const !== undefined || own.enum !== undefined;
  const isMap = types.includes('object') && (rest !== undefined ? rest !== false : properties === undefined);
  const found: string[] = [];
  if (types.includes('string') && !isFixed && own.maxLength === undefined) found.push(path);
  if (types.includes('array') && own.maxItems === undefined) found.push(`${path}[]`);
  if (isMap && own.maxProperties === undefined) found.push(`${path}{}`);
  if (isMap && rest !== undefined && (propertyNames as Schema | undefined)?.maxLength === undefined)
    found.push(`${path}{names}`);
  for (const [name, one] of Object.entries((properties ?? {}) as Schema))
    found.push(...unbounded(one, `${path}.${name}`));
  for (const keyword of ALTERNATIVES) {
    const alternatives = own[keyword] as unknown[] | undefined;
    for (const one of alternatives ?? []) found.push(...unbounded(one, path));
  }
  found.push(...unbounded(items, `${path}[]`), ...unbounded(rest, `${path}{}`));
  return [...new Set(found)];
}

describe('every operation bounds', () => {
  test.each(OPERATIONS.map(({ operation }) => [`${operation.method} ${operation.path}`, operation] as const))(
    '%s',
    (_, { params, query, body }) => {
      const found = [unbounded(params, 'params'), unbounded(query, 'query'), unbounded(body, 'body')];
      expect(found.flat()).toEqual([]);
    },
  );
});

test.each(Object.entries(TOOLS))('every argument of %s has a bound', (_, tool) => {
  expect(unbounded(tool.argsSchema, 'args')).toEqual([]);
});

test('what has no bound is found', () => {
  const map = { type: 'object', additionalProperties: { type: 'string' } };
  const open = { type: 'object', properties: { a: { anyOf: [{ type: 'string' }, { type: 'null' }] }, b: map } };
  const list = { type: 'array', items: open };
  expect(unbounded(list, 'x')).toEqual(['x[]', 'x[].a', 'x[].b{}', 'x[].b{names}']);
});

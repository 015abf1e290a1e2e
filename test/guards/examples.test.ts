import { expect, test } from 'vitest';
import { Validators } from '#surfaces/http/validators.ts';
import { OPERATIONS, SURFACES } from './all-surfaces.ts';

const takesSomething = OPERATIONS.filter(
  ({ operation: { params, body, bodyStream } }) =>
    params !== undefined || body !== undefined || bodyStream !== undefined,
);

test('every operation that takes something has an example, with all of its path and its body', () => {
  const without = takesSomething.filter(({ surface, operation }) => {
    const example = surface.examples?.[operation.operationId];
    const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    const hasBody = operation.body === undefined || example?.body !== undefined || isOptional(operation.body);
    return example === undefined || !hasBody || names.some((name) => example.params?.[name] === undefined);
  });
  expect(without.map(({ surface, operation }) => `${surface.name}: ${operation.operationId}`)).toEqual([]);
});

function isOptional(schema: object): boolean {
  return ((schema as { required?: readonly string[] }).required ?? []).length === 0;
}

test('no example is of an operation there is not', () => {
  const unknown = SURFACES.flatMap((surface) => {
    const ids = new Set(surface.operations.map(({ operationId }) => operationId));
    return Object.keys(surface.examples ?? {}).filter((name) => !ids.has(name));
  });
  expect(unknown).toEqual([]);
});

test.each(OPERATIONS.map(({ surface, operation }) => [operation.operationId, surface, operation] as const))(
  'the example of %s is what its schemas take',
  (operationId, surface, { params, query, body }) => {
    const example = surface.examples?.[operationId] ?? {};
    const known = Object.keys((query as { properties?: object } | undefined)?.properties ?? {});
    expect(Object.keys(example.query ?? {}).filter((name) => !known.includes(name))).toEqual([]);
    const validators = new Validators(surface);
    const asText = (values: object = {}) =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
    if (params !== undefined) validators.params(params)(asText(example.params));
    if (query !== undefined && example.query !== undefined) validators.query(query)?.(asText(example.query));
    if (body !== undefined && example.body !== undefined) validators.body(body)(structuredClone(example.body));
  },
);

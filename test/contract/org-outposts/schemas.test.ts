import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openApiDocument } from '#surfaces/docs/openapi.ts';
import { orgOutpostsSurface } from '#surfaces/org-outposts/surface.ts';
import { HeartbeatRequest, OutpostBundle, RegisterOutpostRequest } from '#surfaces/org-outposts/wire.ts';
import { arbitraryOf, brokenOf } from '#test/support/arbitrary-of-schema.ts';
import { readContract } from '#test/support/contracts.ts';

// biome-ignore lint/suspicious/noExplicitAny: documents are looked into at many depths
type Json = any;

const ours: Json = openApiDocument(orgOutpostsSurface({} as never));
const contract: Json = readContract('org-outposts.openapi');
/** These are the native surface's. */
const ELSEWHERE = new Set(['/v1/orgs', '/v1/orgs/{org_id}/keys']);

const METHODS = ['get', 'post', 'delete'];
const operations = Object.entries<Json>(contract.paths)
  .filter(([path]) => !ELSEWHERE.has(path))
  .flatMap(([path, item]) => METHODS.filter((method) => item[method]).map((method) => [method, path] as const));

describe('the published contract', () => {
  test.each(operations)('%s %s is served, with every status it lists', (method, path) => {
    const [mine, theirs] = [ours.paths[path]?.[method], contract.paths[path][method]];
    expect(mine?.operationId).toBe(theirs.operationId);
    expect(Object.keys(mine.responses)).toEqual(expect.arrayContaining(Object.keys(theirs.responses)));
    expect(mine['x-extension'] ?? false).toBe(theirs['x-extension'] ?? false);
  });

  const ajv = new Ajv2020({ strict: false, useDefaults: false });
  addFormats.default(ajv);
  ajv.addSchema({ ...contract, $id: 'contract' });
  const theirs = (name: string) => ajv.compile({ $ref: `contract#/components/schemas/${name}` });

  test.each([
    ['RegisterOutpostRequest', RegisterOutpostRequest],
    ['HeartbeatRequest', HeartbeatRequest],
  ])('%s: what fits the one schema fits the other', (name, schema) => {
    const [wanted, mine] = [theirs(name), ajv.compile(withoutRequiredDefaults(schema))];
    const values = fc.oneof(arbitraryOf(schema), brokenOf(schema));
    fc.assert(
      fc.property(values, (value) => {
        if (beyondOurIntegers(value)) return;
        expect([value, mine(value)]).toEqual([value, wanted(value)]);
      }),
      { numRuns: 500 },
    );
  });

  test('an answer has the fields of the contract and no others', () => {
    expect(fieldsOf(OutpostBundle)).toEqual(fieldsOf(contract.components.schemas.OutpostBundle));
  });

  function fieldsOf(given: Json): Json {
    const schema = given.$ref
      ? given.$ref
          .slice(2)
          .split('/')
          .reduce((node: Json, step: string) => node[step], contract)
      : given;
    if (!schema.properties) return null;
    expect(schema.required.toSorted()).toEqual(Object.keys(schema.properties).toSorted());
    return Object.fromEntries(Object.entries(schema.properties).map(([name, one]) => [name, fieldsOf(one)]));
  }
});

/** A field with a default is filled in before it is asked for. */
function withoutRequiredDefaults(schema: Json): Json {
  const required = schema.required.filter((name: string) => schema.properties[name].default === undefined);
  return { ...schema, required };
}

/** Counts that no number of ours holds are refused, where the contract has no upper end. */
function beyondOurIntegers(value: Json): boolean {
  return [value?.uptime, value?.pending_audit_events].some(
    (count) => typeof count !== 'object' && Number(count) > Number.MAX_SAFE_INTEGER,
  );
}

import { describe, expect, test } from 'vitest';
import { statusOf } from '#surfaces/docs/openapi.ts';
import { errorsOf } from '#surfaces/http/operation.ts';
import { readContract } from '#test/support/contracts.ts';
import { keyOf, OPERATIONS, type ServedOperation, SURFACES } from './all-surfaces.ts';

/**
 * The operations against the machine-readable contracts, both ways: what a contract has is served as it says, and what is
 * served beyond it says that it is an extension. The contracts lie in `contracts/`.
 */
const NAMES = ['org-outposts', 'edge-admin', 'agent-dispatch', 'edge-fleet'] as const;

/** Not served yet, by tag or whole contract, and why. This list only shrinks. */
const NOT_YET: Readonly<Record<string, string>> = {};

/** Public by the words of the contract, which its security section forgets. */
const PUBLIC_BY_TEXT: readonly string[] = ['POST /api/v1/clusters/default/enrollment_keys/public'];

/** What every server answers and a contract need not list. */
const ALWAYS_ALLOWED = [400, 401, 403, 404, 409, 413, 415, 422, 429, 503];

interface ContractOperation {
  readonly key: string;
  readonly tags: readonly string[];
  readonly isExtension: boolean;
  readonly isPublic: boolean;
  readonly scopes: readonly string[];
  readonly statuses: readonly number[];
  readonly queryParameters: readonly string[];
}

const served = new Map(OPERATIONS.map((one) => [one.key, one]));

describe('the contracts', () => {
  const contracts = NAMES.map((name) => ({ name, operations: operationsOf(name) }));
  const all = contracts.flatMap(({ name, operations }) => operations.map((operation) => ({ name, operation })));
  const isNotYet = (name: string, { tags }: ContractOperation) =>
    [name, ...tags].some((reason) => Object.hasOwn(NOT_YET, reason));

  test('everything a contract has is served, but for what is listed as not yet', () => {
    const missing = all.filter(({ operation }) => !served.has(operation.key) && !operation.isExtension);
    expect(
      missing.filter(({ name, operation }) => !isNotYet(name, operation)).map(({ operation }) => operation.key),
    ).toEqual([]);
  });

  test('what is listed as not yet is not served', () => {
    for (const reason of Object.keys(NOT_YET)) {
      const listed = all.filter(({ name, operation }) => [name, ...operation.tags].includes(reason));
      const isMissing = listed.some(({ operation }) => !served.has(operation.key) && !operation.isExtension);
      expect([reason, isMissing]).toEqual([reason, true]);
    }
  });

  test('what is served beyond the contracts says that it is an extension', () => {
    const known = new Set(all.map(({ operation }) => operation.key));
    const own = new Set(['health', 'native']);
    const unsaid = OPERATIONS.filter(
      ({ key, surface, operation }) => !known.has(key) && !own.has(surface.name) && !operation.isExtension,
    );
    expect(unsaid.map(({ key }) => key)).toEqual([]);
  });

  test('no contract marks as an extension what we take for its own', () => {
    const extensions = all.filter(({ operation }) => operation.isExtension).map(({ operation }) => operation.key);
    expect(extensions.filter((key) => served.get(key)?.operation.isExtension === false)).toEqual([]);
  });

  const both = all.flatMap(({ operation }) => {
    const ours = served.get(operation.key);
    return ours ? [[operation.key, operation, ours] as const] : [];
  });

  describe.each(both)('%s', (_, contract, ours) => {
    test('is open to the same callers', () => {
      expect(ours.operation.principals.includes('public')).toBe(contract.isPublic);
      if (contract.scopes.length > 0)
        expect([ours.operation.scope].flat()).toEqual(expect.arrayContaining([...contract.scopes]));
    });

    test('has every status of the contract, and no other but refusals every server has', () => {
      const statuses = statusesOf(ours);
      expect(contract.statuses.filter((status) => !statuses.has(status))).toEqual([]);
      const allowed = new Set([...contract.statuses, ...ALWAYS_ALLOWED, ...(contract.isExtension ? statuses : [])]);
      expect([...statuses].filter((status) => !allowed.has(status))).toEqual([]);
    });

    test('reads the query parameters of the contract', () => {
      const { properties = {} } = (ours.operation.query ?? {}) as { properties?: object }; // query schemas are objects
      const names = Object.keys(properties);
      expect(contract.queryParameters.filter((name) => !names.includes(name))).toEqual([]);
    });
  });
});

function statusesOf({ surface, operation }: ServedOperation): Set<number> {
  const refusals = errorsOf(operation).map((code) => statusOf(surface, code));
  return new Set([...Object.keys(operation.responses).map(Number), ...refusals]);
}

// ---- reading a contract -----------------------------------------------------------------------------------------

interface Document {
  readonly security?: readonly Record<string, readonly string[]>[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentOperation>>>>;
  readonly components?: { readonly parameters?: Readonly<Record<string, Parameter>> };
}

interface DocumentOperation {
  readonly tags?: readonly string[];
  readonly security?: readonly Record<string, readonly string[]>[];
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
  readonly responses: Readonly<Record<string, unknown>>;
  readonly 'x-extension'?: boolean;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

function operationsOf(name: (typeof NAMES)[number]): ContractOperation[] {
  const document: Document = readContract(`${name}.openapi`);
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => readOperation(document, keyOf(method, path), operation)),
  );
}

function readOperation(document: Document, key: string, operation: DocumentOperation): ContractOperation {
  const security = operation.security ?? document.security ?? [];
  const parameters = (operation.parameters ?? []).flatMap((one) => {
    const found = '$ref' in one ? document.components?.parameters?.[one.$ref.split('/').at(-1) ?? ''] : one;
    return found?.in === 'query' ? [found.name] : [];
  });
  return {
    key,
    tags: operation.tags ?? [],
    isExtension: operation['x-extension'] === true,
    isPublic: security.length === 0 || PUBLIC_BY_TEXT.includes(key),
    scopes: [...new Set(security.flatMap((requirement) => Object.values(requirement).flat()))],
    statuses: Object.keys(operation.responses).map(Number),
    queryParameters: parameters,
  };
}

test('every surface with a contract is called like it', () => {
  const names = new Set(SURFACES.map(({ name }) => name));
  for (const name of NAMES) expect(names.has(name) || Object.hasOwn(NOT_YET, name), name).toBe(true);
});

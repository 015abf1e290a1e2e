import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { SCOPES } from '#core/access/scopes.ts';
import { FLEET_ERROR_CODES, FleetError } from '#core/kernel/fleet-error.ts';
import { openApiDocument } from '#surfaces/docs/openapi.ts';
import { Validators } from '#surfaces/http/validators.ts';
import { OPERATIONS, SURFACES } from './all-surfaces.ts';

/** Operations that change something and are in no audit log, and why. This list only shrinks. */
const NOT_AUDITED: Readonly<Record<string, string>> = {
  recordOutpostHeartbeat: 'telemetry, every two minutes from every outpost; the record itself tells when',
  searchHosts: 'reads only; it is a POST because a target does not fit an address',
  previewFleet: 'reads only; it is a POST because a selector does not fit an address',
};

/** Operations that read, and are in the audit log all the same, and why. */
const AUDITED_READS: Readonly<Record<string, string>> = {
  readTerminalRecording: 'what somebody saw on a machine; its owner can find out who looked',
};

/** POSTs that answer 201 and take no idempotency key, and why. This list only shrinks. */
const NOT_IDEMPOTENT: Readonly<Record<string, string>> = {
  createPublicEnrollmentKey: 'anybody may call it, and the keys of nobody cannot be told apart',
};

const named = OPERATIONS.map((one) => [`${one.operation.method} ${one.operation.path}`, one] as const);

test('there are operations to look at', () => {
  expect(OPERATIONS.length).toBeGreaterThan(50);
});

test('no operation id and no route is there twice', () => {
  for (const values of [OPERATIONS.map(({ key }) => key), OPERATIONS.map(({ operation }) => operation.operationId)])
    expect(values.filter((value, index) => values.indexOf(value) !== index)).toEqual([]);
});

describe.each(named)('%s', (_, { surface, operation }) => {
  const { method, path, principals, params, responses, operationId } = operation;

  test('says what it is, who may and what it answers', () => {
    expect(operation.summary).toMatch(/^[A-Z].{5,}[^.]$/);
    expect(operation.tags.length).toBeGreaterThan(0);
    expect(principals.length).toBeGreaterThan(0);
    expect(Object.keys(responses).some((status) => /^[23]/.test(status))).toBe(true);
    for (const { description } of Object.values(responses)) expect(description).toMatch(/\w/);
  });

  test('reads exactly the parameters of its path', () => {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(Object.keys((params as { properties?: object } | undefined)?.properties ?? {}).sort()).toEqual(
      inPath.sort(),
    );
  });

  test('lies below a prefix of its surface', () => {
    const isHealthOfDispatch = path.startsWith('/health/');
    const isBelow = surface.prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
    expect(isBelow || isHealthOfDispatch).toBe(true);
  });

  test('is read by the validators of the server', () => {
    const validators = new Validators(surface);
    if (operation.body) validators.body(operation.body);
    if (operation.params) validators.params(operation.params);
    validators.query(operation.query);
  });

  test('asks for scopes there are, and for none of strangers', () => {
    const scopes = operation.scope === undefined ? [] : [operation.scope].flat();
    expect(scopes.filter((scope) => !Object.hasOwn(SCOPES, scope))).toEqual([]);
    if (principals.includes('public')) expect([principals, scopes]).toEqual([['public'], []]);
  });

  test('is audited when it changes something, and only then', () => {
    const isAudited = operation.auditAction !== undefined;
    const changes = operation.method !== 'GET' && !Object.hasOwn(NOT_AUDITED, operationId);
    expect(isAudited).toBe(changes || Object.hasOwn(AUDITED_READS, operationId));
    if (isAudited) expect(operation.auditAction).toMatch(/^[a-z_]+(\.[a-z_]+)+$/);
  });

  test('can be repeated when it creates', () => {
    const creates = method === 'POST' && 201 in responses;
    if (creates) expect(operation.isIdempotent === true || Object.hasOwn(NOT_IDEMPOTENT, operationId)).toBe(true);
    if (operation.hasSecretAnswer) expect(operation.isIdempotent).toBe(true);
    if (method === 'GET') expect(operation.body).toBeUndefined();
  });
});

test('exceptions are of operations there are', () => {
  const ids = new Set(OPERATIONS.map(({ operation }) => operation.operationId));
  for (const id of [...Object.keys(NOT_AUDITED), ...Object.keys(AUDITED_READS), ...Object.keys(NOT_IDEMPOTENT)])
    expect(ids).toContain(id);
});

describe.each(SURFACES.map((surface) => [surface.name, surface] as const))('surface %s', (_, surface) => {
  test('renders every code as an error, in the body it documents', () => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    const isErrorBody = ajv.compile(surface.errorSchema);
    for (const code of FLEET_ERROR_CODES) {
      const error = new FleetError(code, 'what happened', { details: { field: ['is wrong'] } });
      const about = { requestId: 'r', method: 'GET', path: '/', at: new Date() };
      const { status, body } = surface.renderError(error, about);
      expect(status, code).toBeGreaterThanOrEqual(400);
      expect(status >= 500, code).toBe(['internal', 'unavailable', 'degraded', 'not_implemented'].includes(code));
      expect([code, isErrorBody(JSON.parse(JSON.stringify(body))), isErrorBody.errors]).toEqual([code, true, null]);
    }
  });

  test('has an OpenAPI document that is one', async () => {
    const document = structuredClone(openApiDocument(surface)) as Record<string, unknown>;
    expect(await new Validator().validate(document)).toEqual({ valid: true });
  });
});

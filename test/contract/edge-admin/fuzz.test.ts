import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { ErrorBody } from '#surfaces/edge-admin/envelope.ts';
import { renderError } from '#surfaces/edge-admin/errors.ts';
import { edgeAdminSurface } from '#surfaces/edge-admin/surface.ts';
import { answersWithStream, errorsOf, type Operation } from '#surfaces/http/operation.ts';
import { arbitraryOf, brokenOf } from '#test/support/arbitrary-of-schema.ts';
import { type EdgeAdminApp, edgeAdminApp } from '#test/support/edge-admin-app.ts';

/**
 * The operations are data: the surface is made once without anything behind it, to read them. A stream has no end to wait for;
 * `webhooks.parts.test.ts` has its queries.
 */
const operations = edgeAdminSurface({ presence: { staleAfterMs: 0 }, settings: {} } as never).operations.filter(
  (operation) => !answersWithStream(operation),
);

const isErrorBody = addFormats.default(new Ajv2020({ strict: false })).compile(ErrorBody);

let admin: EdgeAdminApp;
/** Ids and names that exist, so that not everything ends with 404. */
const known: Record<string, string[]> = {};

beforeAll(async () => {
  admin = await edgeAdminApp();
  const nodes = await admin.connect(Array(5).fill({}));
  for (const node of nodes) await admin.report(node);
  known.uuid = nodes.map((node) => node.nodeId);
  known.cluster_name = [admin.tenant.clusterName];
  known.name = [admin.tenant.clusterName];
  known.cluster_names = [admin.tenant.clusterName];
  const targeting = { type: 'all' };
  const command = await admin.call('POST', '/api/v1/commands', { body: { command_text: 'true', targeting } });
  const key = await admin.call('POST', '/api/v1/clusters/default/enrollment_keys', { body: {} });
  const alias = await admin.call('POST', `/api/v1/nodes/${known.uuid[0]}/aliases`, { body: { name: 'a' } });
  known.uuid.push(command.json().data.id, key.json().data.id, alias.json().data.id);
});

afterAll(async () => {
  await admin.close();
});

describe.each(operations.map((operation) => [`${operation.method} ${operation.path}`, operation] as const))(
  '%s',
  (_, operation) => {
    test('answers what fits its schema as documented', () => attack(operation, (schema) => arbitraryOf(schema, known)));

    test('answers what is broken as documented', () => attack(operation, (schema) => brokenOf(schema, known)));
  },
);

async function attack(operation: Operation, of: (schema: object) => fc.Arbitrary<unknown>): Promise<void> {
  const nothing = fc.constant(undefined);
  const request = fc.record({
    params: of(operation.params ?? { type: 'object', properties: {}, additionalProperties: false }),
    query: operation.query ? of(operation.query) : nothing,
    body: operation.body ? of(operation.body) : nothing,
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ params, query, body }) => {
      const url = pathOf(operation.path, params) + queryOf(query);
      const answer = await admin.call(
        operation.method as 'GET',
        url,
        body === undefined ? {} : { body: JSON.stringify(body) },
      );
      expect(statusesOf(operation)).toContain(answer.statusCode);
      expect(answer.statusCode).toBeLessThan(500);
      if (answer.statusCode < 400) return;
      expect(isErrorBody(answer.json())).toBe(true);
      if (answer.statusCode === 422) expect(Object.keys(answer.json().error.details)).not.toEqual([]);
    }),
    { numRuns: 60 },
  );
}

function statusesOf(operation: Operation): number[] {
  const about = { requestId: '', method: '', path: '', at: new Date() };
  const refusals = errorsOf(operation).map((code) => renderError(new FleetError(code, ''), about).status);
  return [...Object.keys(operation.responses).map(Number), ...refusals, 404];
}

function pathOf(template: string, params: unknown): string {
  const values = typeof params === 'object' && params !== null ? (params as Record<string, unknown>) : {};
  return template.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(segment(spelled(values[name] ?? ''))));
}

/** What makes another path of it (nothing, dots) is left out. */
function segment(text: string): string {
  return /^\.*$/.test(text) ? 'x' : text.toWellFormed();
}

function queryOf(query: unknown): string {
  if (typeof query !== 'object' || query === null) return '';
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) search.append(name, spelled(one));
  }
  return `?${search}`;
}

function spelled(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

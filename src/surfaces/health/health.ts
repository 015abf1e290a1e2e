import Type from 'typebox';

import type { KeyRing } from '#core/access/key-ring.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { defineOperation, type Operation } from '#surfaces/http/operation.ts';
import { bearerCredential } from '#surfaces/http/request.ts';
import type { RenderedError, Surface } from '#surfaces/http/surface.ts';

export interface HealthDeps {
  readonly keyRing: Pick<KeyRing, 'authenticateKey'>;
  /** What must work for requests to be served; rejects with a reason for people. */
  readonly checks: Readonly<Record<string, () => Promise<void>>>;
  readonly collectMetrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** Longest a check may take. Default 5,000 ms. */
  readonly checkTimeoutMs?: number;
}

/** What load balancers, supervisors and Prometheus ask. Bodies of live and ready as agent-dispatch's contract has them. */
export function healthSurface(deps: HealthDeps): Surface {
  return {
    name: 'health',
    title: 'Health and figures',
    description: 'Liveness, readiness and Prometheus figures.',
    version: '1.0.0',
    prefixes: ['/metrics'],
    operations: [live(), ready(deps), metrics(deps)],
    securitySchemes: { metricsKey: { type: 'http', scheme: 'bearer', description: 'METRICS_KEY or the master key.' } },
    errorSchema: Type.Object({ error: Type.String(), message: Type.String() }),
    renderError,
    async authenticate(request) {
      const presented = bearerCredential(request);
      const holder = presented === undefined ? undefined : await deps.keyRing.authenticateKey(presented);
      if (holder?.kind === 'metrics' || holder?.kind === 'master') return holder.principal;
      throw new FleetError('unauthenticated', 'figures are for METRICS_KEY and the master key, sent as a bearer token');
    },
  };
}

function live(): Operation {
  return defineOperation({
    method: 'GET',
    path: '/health/live',
    operationId: 'getLiveness',
    summary: 'Liveness probe',
    tags: ['Health'],
    principals: ['public'],
    responses: { 200: { description: 'Alive.', schema: Type.Object({ status: Type.Literal('ok') }) } },
    errors: [],
    handler: async () => ({ status: 200, body: { status: 'ok' } }),
  });
}

function ready(deps: HealthDeps): Operation {
  return defineOperation({
    method: 'GET',
    path: '/health/ready',
    operationId: 'getReadiness',
    summary: 'Readiness probe',
    tags: ['Health'],
    principals: ['public'],
    responses: {
      200: { description: 'Ready.', schema: Type.Object({ status: Type.Literal('ready') }) },
      503: {
        description: 'Not ready, and why.',
        schema: Type.Object({
          status: Type.Literal('not_ready'),
          failing: Type.Record(Type.String(), Type.String()),
        }),
      },
    },
    errors: [],
    async handler() {
      const failing = await failingChecks(deps);
      if (Object.keys(failing).length === 0) return { status: 200, body: { status: 'ready' } };
      return { status: 503, body: { status: 'not_ready', failing } };
    },
  });
}

function metrics({ collectMetrics }: HealthDeps): Operation {
  return defineOperation({
    method: 'GET',
    path: '/metrics',
    operationId: 'getMetrics',
    summary: 'Figures in the text format of Prometheus',
    tags: ['Figures'],
    principals: ['master', 'key'],
    responses: { 200: { description: 'Figures.', schema: Type.String(), contentType: 'text/plain' } },
    errors: [],
    async handler() {
      const { contentType, text } = await collectMetrics();
      return { status: 200, body: text, contentType };
    },
  });
}

/** Runs all checks at once; the names of those that fail, and a reason that gives nothing away. */
async function failingChecks({ checks, checkTimeoutMs = 5_000 }: HealthDeps): Promise<Record<string, string>> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await reasonOf(check, checkTimeoutMs)] as const),
  );
  return Object.fromEntries(results.filter(([, reason]) => reason !== undefined)) as Record<string, string>; // filtered here
}

async function reasonOf(check: () => Promise<void>, timeoutMs: number): Promise<string | undefined> {
  const { promise: tooLate, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve(`no answer within ${timeoutMs} ms`), timeoutMs);
  const answer = check().then(
    () => undefined,
    (error: unknown) => (error instanceof FleetError ? error.message : 'failed'),
  );
  return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
}

const STATUSES: Readonly<Record<FleetError['code'], number>> = {
  unauthenticated: 401,
  forbidden: 403,
  insufficient_scope: 403,
  not_found: 404,
  unreadable: 400,
  malformed: 400,
  invalid: 422,
  conflict: 409,
  method_not_allowed: 405,
  too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  unavailable: 503,
  degraded: 503,
  not_implemented: 501,
  internal: 500,
};

function renderError({ code, message }: FleetError): RenderedError {
  return { status: STATUSES[code], body: { error: code, message } };
}

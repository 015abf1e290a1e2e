import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { AuditEntry } from '#core/audit/audit-trail.ts';
import type { Idempotency } from '#core/idempotency/idempotency.ts';
import { systemClock } from '#core/kernel/clock.ts';
import type { Principal } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { newId, type TenantId } from '#core/kernel/ids.ts';
import { silentLog } from '#runtime/log.ts';
import { createHttpApp } from '#surfaces/http/app.ts';
import type { Operation } from '#surfaces/http/operation.ts';
import type { HttpAppOptions } from '#surfaces/http/plumbing.ts';
import type { Surface } from '#surfaces/http/surface.ts';

/** Principal of operations without authentication, in a tenant nobody else has. */
export function publicPrincipal(tenantId: TenantId = newId<TenantId>()): Principal {
  return { kind: 'system', subject: 'public', name: 'public', tenantId, scopes: new Set(), isMaster: false };
}

/** Every request is the first of its key. */
export const noIdempotency: Idempotency = {
  claim: async () => ({ kind: 'first' }),
  renew: async () => {},
  complete: async () => {},
  release: async () => {},
};

/** The app with these surfaces, answers held against their schemas, and what was audited. Close it. */
export async function testHttpApp(
  surfaces: readonly Surface[],
  options: Partial<HttpAppOptions> = {},
): Promise<{ app: FastifyInstance; audited: AuditEntry[] }> {
  const audited: AuditEntry[] = [];
  const app = await createHttpApp({
    surfaces,
    clock: systemClock,
    log: silentLog,
    audit: { hasRoom: true, record: async (entry) => void audited.push(entry) },
    idempotency: noIdempotency,
    publicPrincipal: publicPrincipal(),
    isCheckingAnswers: true,
    ...options,
  });
  return { app, audited };
}

/** A surface with one body for all errors, for tests of the plumbing. */
export function plainSurface(operations: readonly Operation[], parts: Partial<Surface> = {}): Surface {
  return {
    name: 'plain',
    title: 'Plain',
    description: 'For tests.',
    version: '1.0.0',
    prefixes: ['/t'],
    operations,
    securitySchemes: {},
    errorSchema: Type.Object({ code: Type.String(), message: Type.String() }),
    authenticate: async () => {
      throw new FleetError('unauthenticated', 'nobody is known here');
    },
    renderError: ({ code, message }) => ({ status: code === 'internal' ? 500 : 400, body: { code, message } }),
    ...parts,
  };
}

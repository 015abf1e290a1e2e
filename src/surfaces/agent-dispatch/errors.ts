import type { FleetError, FleetErrorCode } from '#core/kernel/fleet-error.ts';
import { UnknownSecrets } from '#core/vault/tenant-secret.ts';
import type { RenderedError, RequestFacts } from '#surfaces/http/surface.ts';

interface Kind {
  readonly status: number;
  readonly code: string;
}

/** Total: a new code of core has no place here until somebody has decided what this surface says of it. */
const KINDS: Readonly<Record<FleetErrorCode, Kind>> = {
  unreadable: { status: 400, code: 'VALIDATION_ERROR' },
  malformed: { status: 400, code: 'VALIDATION_ERROR' },
  invalid: { status: 400, code: 'VALIDATION_ERROR' },
  unauthenticated: { status: 401, code: 'AUTHENTICATION_ERROR' },
  forbidden: { status: 403, code: 'AUTHORIZATION_ERROR' },
  insufficient_scope: { status: 403, code: 'AUTHORIZATION_ERROR' },
  approval_required: { status: 403, code: 'APPROVAL_REQUIRED' },
  not_found: { status: 404, code: 'NOT_FOUND' },
  method_not_allowed: { status: 405, code: 'NOT_FOUND' },
  conflict: { status: 409, code: 'CONFLICT' },
  too_large: { status: 413, code: 'VALIDATION_ERROR' },
  unsupported_media_type: { status: 415, code: 'VALIDATION_ERROR' },
  rate_limited: { status: 429, code: 'RATE_LIMIT_EXCEEDED' },
  internal: { status: 500, code: 'INTERNAL_ERROR' },
  not_implemented: { status: 501, code: 'INTERNAL_ERROR' },
  unavailable: { status: 503, code: 'SERVICE_UNAVAILABLE' },
  degraded: { status: 503, code: 'SERVICE_UNAVAILABLE' },
};

export function renderError(error: FleetError, { requestId, at }: RequestFacts): RenderedError {
  const { status, code } = KINDS[error.code];
  const details = detailsOf(error);
  return {
    status,
    body: {
      success: false,
      error: { code, message: error.message, ...(details && { details }) },
      meta: { requestId, timestamp: at.toISOString() },
    },
  };
}

function detailsOf(error: FleetError): object | undefined {
  const { retryAfterSeconds, scope, quota, bound } = error.facts ?? {};
  if (error instanceof UnknownSecrets) return { missingSecrets: error.missing, totalRequired: error.total };
  if (error.code === 'rate_limited')
    return { retryAfter: retryAfterSeconds, ...(quota !== undefined && { quota, limit: bound }) };
  if (error.code === 'insufficient_scope') return { requiredScope: scope };
  if (error.details === undefined) return undefined;
  const errors = Object.entries(error.details).flatMap(([path, problems]) =>
    problems.map((message) => ({ path, message })),
  );
  return error.code === 'conflict' ? flat(error.details) : { errors };
}

function flat(details: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  return Object.fromEntries(Object.entries(details).map(([name, words]) => [name, words.join(', ')]));
}

import type { FleetError, FleetErrorCode } from '#core/kernel/fleet-error.ts';
import type { RenderedError, RequestFacts, ViolationReport } from '#surfaces/http/surface.ts';
import { jsonPointer, type Violation } from '#surfaces/http/violations.ts';

interface Kind {
  readonly status: number;
  /** Stable; programs look at it. */
  readonly code: string;
  readonly title: string;
}

const validation: Kind = { status: 400, code: 'validation', title: 'The request is not valid' };

/** Total: a new code of core has no place here until somebody has decided what this surface says of it. */
const KINDS: Readonly<Record<FleetErrorCode, Kind>> = {
  unauthenticated: { status: 401, code: 'unauthenticated', title: 'A valid token is needed' },
  forbidden: { status: 403, code: 'forbidden', title: 'Not allowed' },
  insufficient_scope: { status: 403, code: 'insufficient_scope', title: 'The token lacks a scope' },
  approval_required: { status: 403, code: 'approval_required', title: 'Somebody has to approve it first' },
  not_found: { status: 404, code: 'not_found', title: 'Not found' },
  unreadable: validation,
  malformed: validation,
  invalid: validation,
  conflict: { status: 409, code: 'conflict', title: 'Conflict' },
  method_not_allowed: { status: 405, code: 'method_not_allowed', title: 'Method not allowed' },
  too_large: { status: 413, code: 'too_large', title: 'The body is too large' },
  unsupported_media_type: { status: 415, code: 'unsupported_media_type', title: 'The body must be JSON' },
  rate_limited: { status: 429, code: 'rate_limited', title: 'Too many requests' },
  unavailable: { status: 503, code: 'unavailable', title: 'Not available at the moment' },
  degraded: { status: 503, code: 'degraded', title: 'Not available while the installation is over capacity' },
  not_implemented: { status: 501, code: 'not_implemented', title: 'Not part of this version' },
  internal: { status: 500, code: 'internal', title: 'An error on our side' },
};

/** RFC 9457, with a stable `code` beside it and every single problem in `errors`. */
export function renderError(error: FleetError, { requestId, method }: RequestFacts): RenderedError {
  const { status, code, title } = KINDS[error.code];
  const errors = Object.entries(error.details ?? {}).flatMap(([place, problems]) =>
    problems.map((detail) => ({ ...writePlace(place, method), detail })),
  );
  return {
    status,
    contentType: 'application/problem+json',
    body: {
      type: `urn:garrison:problem:${code}`,
      title,
      status,
      detail: error.message,
      code,
      request_id: requestId,
      ...(errors.length > 0 && { errors }),
    },
  };
}

/** Violations of schemas come with their place spelled out; what core refuses is named by its field: `args.command`. */
function writePlace(place: string, method: string) {
  if (place.startsWith('#')) return { pointer: place };
  if (place.startsWith('?')) return { parameter: place.slice(1) };
  return method === 'GET' ? { parameter: place } : { pointer: `#/${place.replaceAll('.', '/')}` };
}

export function describeViolations(violations: readonly Violation[]): ViolationReport {
  const details: Record<string, string[]> = {};
  for (const violation of violations) {
    const place = violation.part === 'body' ? `#${jsonPointer(violation)}` : `?${violation.path.join('.')}`;
    details[place] = [...(details[place] ?? []), violation.message];
  }
  const sentences = violations.map(({ part, path, message }) => `${path.join('.') || `the ${part}`} ${message}`);
  return { message: sentences.join('; '), details };
}

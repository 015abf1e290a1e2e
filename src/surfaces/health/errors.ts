import type { FleetError } from '#core/kernel/fleet-error.ts';
import type { RenderedError } from '#surfaces/http/surface.ts';

const STATUSES: Readonly<Record<FleetError['code'], number>> = {
  unauthenticated: 401,
  forbidden: 403,
  insufficient_scope: 403,
  approval_required: 403,
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

export function renderError({ code, message }: FleetError): RenderedError {
  return { status: STATUSES[code], body: { error: code, message } };
}

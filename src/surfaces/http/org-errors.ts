import type { FleetError, FleetErrorCode } from '#core/kernel/fleet-error.ts';
import type { RenderedError } from './surface.ts';

/**
 * The envelope of everything below `/v1/orgs`: the org-outposts contract's, which the native surface shares with its paths.
 * Total: the contract has the first three words, the others are additions in its envelope.
 */
const KINDS: Readonly<Record<FleetErrorCode, { readonly status: number; readonly error: string }>> = {
  unauthenticated: { status: 401, error: 'unauthorized' },
  approval_required: { status: 403, error: 'approval_required' },
  not_found: { status: 404, error: 'not_found' },
  conflict: { status: 409, error: 'conflict' },
  malformed: { status: 422, error: 'validation_error' },
  invalid: { status: 422, error: 'validation_error' },
  unreadable: { status: 400, error: 'bad_request' },
  forbidden: { status: 403, error: 'forbidden' },
  insufficient_scope: { status: 403, error: 'insufficient_scope' },
  method_not_allowed: { status: 405, error: 'method_not_allowed' },
  too_large: { status: 413, error: 'payload_too_large' },
  unsupported_media_type: { status: 415, error: 'unsupported_media_type' },
  rate_limited: { status: 429, error: 'rate_limited' },
  unavailable: { status: 503, error: 'service_unavailable' },
  degraded: { status: 503, error: 'service_unavailable' },
  not_implemented: { status: 501, error: 'not_implemented' },
  internal: { status: 500, error: 'internal_error' },
};

export function renderOrgError({ code, message, details }: FleetError): RenderedError {
  const { status, error } = KINDS[code];
  if (details === undefined) return { status, body: { error, message, detail: null } };
  const fields = Object.entries(details).map(([field, problems]) => `${field}: ${problems.join(', ')}`);
  return { status, body: { error, message: 'The request is not valid', detail: fields.join('; ') } };
}

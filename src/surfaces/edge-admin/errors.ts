import { CommandRefused } from '#core/commands/command-refused.ts';
import type { FleetError, FleetErrorCode } from '#core/kernel/fleet-error.ts';
import { UpdateRefused } from '#core/updates/update-refused.ts';
import { wordsOf } from '#surfaces/http/pattern-words.ts';
import type { RenderedError, RequestFacts, ViolationReport } from '#surfaces/http/surface.ts';
import { listedFields, type Violation } from '#surfaces/http/violations.ts';
import { describeRefusal } from './executions.ts';
import { describeUpdateRefusal } from './self-updates.ts';

interface Kind {
  readonly status: number;
  readonly code: string;
}

/** Total: a new code of core has no place here until somebody has decided what this surface says of it. */
const KINDS: Readonly<Record<FleetErrorCode, Kind>> = {
  unreadable: { status: 400, code: 'bad_request' },
  malformed: { status: 400, code: 'bad_request' },
  unauthenticated: { status: 401, code: 'unauthorized' },
  forbidden: { status: 403, code: 'forbidden' },
  insufficient_scope: { status: 403, code: 'forbidden' },
  approval_required: { status: 403, code: 'approval_required' },
  not_found: { status: 404, code: 'not_found' },
  method_not_allowed: { status: 405, code: 'method_not_allowed' },
  conflict: { status: 409, code: 'conflict' },
  too_large: { status: 413, code: 'payload_too_large' },
  unsupported_media_type: { status: 415, code: 'unsupported_media_type' },
  invalid: { status: 422, code: 'validation_failed' },
  rate_limited: { status: 429, code: 'too_many_requests' },
  internal: { status: 500, code: 'internal_server_error' },
  not_implemented: { status: 501, code: 'not_implemented' },
  unavailable: { status: 503, code: 'service_unavailable' },
  degraded: { status: 503, code: 'degraded_mode' },
};

export function renderError(error: FleetError, { requestId, at }: RequestFacts): RenderedError {
  const { status, code } = KINDS[error.code];
  const message = messageFor(error);
  const details = error.details && writeDetails(error.details);
  return {
    status,
    body: {
      error: { code, message, ...(details && { details }) },
      meta: { request_id: requestId, timestamp: at.toISOString() },
    },
  };
}

function messageFor(error: FleetError): string {
  if (error instanceof CommandRefused) return describeRefusal(error.refusal);
  if (error instanceof UpdateRefused) return describeUpdateRefusal(error.stage);
  return error.code === 'invalid' ? 'Validation failed' : error.message;
}

/** Fields that core calls otherwise than by the camel case of this contract's name. */
const FIELD_NAMES: ReadonlyMap<string, string> = new Map([
  ['deadlineAt', 'expired_at'],
  ['timeoutMs', 'timeout'],
]);

function writeDetails(details: Readonly<Record<string, readonly string[]>>): Record<string, readonly string[]> {
  return Object.fromEntries(
    Object.entries(details).map(([field, problems]) => [FIELD_NAMES.get(field) ?? snakeCase(field), problems]),
  );
}

function snakeCase(name: string): string {
  return name.replaceAll(/[a-z0-9][A-Z]/g, ([before, after]) => `${before}_${after?.toLowerCase()}`);
}

// ---- requests that break their schema ------------------------------------------------------------------------------

/** Places are joined by slashes (`targeting/type`), as the contract's own server writes them. */
export function describeViolations(violations: readonly Violation[]): ViolationReport {
  const details: Record<string, string[]> = {};
  for (const violation of violations) {
    const place = violation.path.join('/') || violation.part;
    details[place] = [...(Object.hasOwn(details, place) ? (details[place] ?? []) : []), messageOf(violation)];
  }
  return { message: 'Invalid request parameters', details };
}

function messageOf({ keyword, path, params, message }: Violation): string {
  const limit = params.limit;
  switch (keyword) {
    case 'required':
      return `Missing field: ${path.at(-1)}`;
    case 'additionalProperties':
      return `Unexpected field: ${path.at(-1)}${listedFields(params.fields)}`;
    case 'type':
      return `Invalid ${[params.type].flat().join(' or ')}`;
    case 'enum':
      return 'Invalid value for enum';
    case 'format':
      return `Invalid format. Expected :${params.format}`;
    case 'pattern':
      return `Invalid format. Expected ${wordsOf(String(params.pattern)) ?? 'another form'}`;
    case 'minLength':
      return `String length is smaller than minLength: ${limit}`;
    case 'maxLength':
      return `String length is larger than maxLength: ${limit}`;
    case 'minimum':
      return `Value is smaller than inclusive minimum ${limit}`;
    case 'maximum':
      return `Value is larger than inclusive maximum ${limit}`;
    case 'minItems':
      return `Array length is smaller than minItems: ${limit}`;
    case 'maxItems':
      return `Array length is larger than maxItems: ${limit}`;
    case 'maxProperties':
      return `Object property count is larger than maxProperties: ${limit}`;
    case 'anyOf':
      return 'Failed to cast value using any of the forms it may have';
    default:
      return message;
  }
}

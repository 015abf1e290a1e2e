/**
 * The one error of the product. A code is a condition and never changes its meaning; each surface maps the codes to its
 * own statuses and bodies, totally, in its `errors.ts`. Anything that is not a `FleetError` is `internal` outward.
 */
export const FLEET_ERROR_CODES = [
  /** No credential, or one that is not good. */
  'unauthenticated',
  /** The credential is good and may not do this. */
  'forbidden',
  /** The credential lacks the scope named in `facts.scope`. */
  'insufficient_scope',
  /** Somebody has to approve it first; `facts.approvalId` says what. It may be repeated then. */
  'approval_required',
  /** There is no such object for this caller; also the answer for another tenant's object. */
  'not_found',
  /** The request cannot be read at all: not JSON, not UTF-8, a broken address. */
  'unreadable',
  /** The request does not have the form the operation declares; `details` names the fields. */
  'malformed',
  /** The form is right and a rule beyond it is not; `details` names the fields. */
  'invalid',
  /** The state of the object does not allow it, or it exists already. */
  'conflict',
  /** The path is there and does not know this method; `facts.allow` lists the methods it knows. */
  'method_not_allowed',
  /** The body is larger than the operation allows. */
  'too_large',
  /** The content type is not one the operation reads. */
  'unsupported_media_type',
  /** Too many requests; `facts.retryAfterSeconds` says when to come back. */
  'rate_limited',
  /** Something the operation needs cannot be reached at the moment. */
  'unavailable',
  /** More nodes than the controllers have capacity for: changes that add load are refused. */
  'degraded',
  /** The operation is named by a contract and not part of this version. */
  'not_implemented',
  /** A defect of ours. */
  'internal',
] as const;

export type FleetErrorCode = (typeof FLEET_ERROR_CODES)[number];

export interface FleetErrorOptions {
  /** Field → what is wrong with it, safe for the caller. */
  readonly details?: Readonly<Record<string, readonly string[]>>;
  /** For the log only. */
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** `message` is safe for the caller and says what happened, why, and what to do. */
export class FleetError extends Error {
  readonly code: FleetErrorCode;
  readonly details: Readonly<Record<string, readonly string[]>> | undefined;
  readonly facts: Readonly<Record<string, unknown>> | undefined;

  constructor(code: FleetErrorCode, message: string, options: FleetErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'FleetError';
    this.code = code;
    this.details = options.details;
    this.facts = options.facts;
  }
}

export function notFound(what: string): FleetError {
  return new FleetError('not_found', `${what} not found`);
}

/** One field that breaks a rule beyond its form. */
export function invalidField(field: string, problem: string): FleetError {
  return new FleetError('invalid', `${field}: ${problem}`, { details: { [field]: [problem] } });
}

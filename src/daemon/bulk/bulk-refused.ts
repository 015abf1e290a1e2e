/** The controller does not let a file through, and says why. */
export class BulkRefused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'BulkRefused';
    this.code = code;
  }
}

/** Codes of refusals that may be over in a moment. `unauthenticated`: another controller took the connection, or the token was late. */
const PASSING = new Set(['unavailable', 'rate_limited', 'unauthenticated', 'internal']);

/** Whether another controller may know the token. */
export function isElsewhere(error: unknown): boolean {
  return error instanceof BulkRefused && error.code === 'unauthenticated';
}

/** Whether it is worth trying again: connections break, controllers restart. */
export function passes(error: unknown): boolean {
  return !(error instanceof BulkRefused) || PASSING.has(error.code);
}

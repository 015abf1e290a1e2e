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

/** Whoever gives or takes the bytes on this host failed: another connection would not help. `cause` says how. */
export class OwnSideFailed extends Error {
  constructor(cause: unknown) {
    super('this side of the transfer failed', { cause });
    this.name = 'OwnSideFailed';
  }
}

/** @throws OwnSideFailed */
export async function onOwnSide<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new OwnSideFailed(error);
  }
}

/** Whether it is worth trying again: connections break, controllers restart. */
export function passes(error: unknown): boolean {
  return !(error instanceof BulkRefused) || PASSING.has(error.code);
}

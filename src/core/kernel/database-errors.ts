/**
 * SQLSTATE 23505, known by its shape so that core does not depend on a driver. A store turns it into a `conflict` that names what exists already.
 */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error) || error.code !== '23505') return false;
  return constraint === undefined || ('constraint' in error && error.constraint === constraint);
}

/** SQLSTATE 55P03: somebody else held a lock for longer than `lock_timeout`. */
export function isLockTimeout(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === '55P03';
}

/**
 * A value of ours that no repetition makes storable: out of the range of its column (SQLSTATE class 22), against a
 * constraint or a row that is gone (23), beyond a limit of the server (54), or one that cannot even be written as a
 * parameter. Batches are taken apart for these (`workApart`) and for nothing else.
 */
export function isFaultOfValues(error: unknown): boolean {
  if (error instanceof RangeError) return true;
  return (
    typeof error === 'object' && error !== null && 'code' in error && /^(22|23|54)[0-9A-Z]{3}$/.test(String(error.code))
  );
}

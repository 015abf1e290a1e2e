/** SQLSTATE 23505. A store turns it into a `conflict` that names what exists already. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return isViolation(error, '23505', constraint);
}

/** SQLSTATE 23503: the row that is pointed at does not exist, or the row that goes is pointed at. */
export function isForeignKeyViolation(error: unknown, constraint?: string): boolean {
  return isViolation(error, '23503', constraint);
}

/** Known by its shape, so that core does not depend on a driver. */
function isViolation(error: unknown, sqlState: string, constraint: string | undefined): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error) || error.code !== sqlState) return false;
  return constraint === undefined || ('constraint' in error && error.constraint === constraint);
}

/**
 * SQLSTATE 23505, known by its shape so that core does not depend on a driver. A store turns it into a `conflict` that names what exists already.
 */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error) || error.code !== '23505') return false;
  return constraint === undefined || ('constraint' in error && error.constraint === constraint);
}

/** RFC 3339 in UTC, whole seconds, as seed 003 writes them. */
export function writeInstant(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`;
}

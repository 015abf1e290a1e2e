export function writeInstant(instant: Date): string {
  return instant.toISOString().replace(/\.\d+Z$/, 'Z');
}

export function writeOptionalInstant(instant: Date | null): string | null {
  return instant && writeInstant(instant);
}

import { FleetError } from '#core/kernel/fleet-error.ts';
import { readInstant } from '#surfaces/targeting/read-instant.ts';

/** @throws FleetError `malformed` for what the schema lets pass and no database can hold (the year 0, a leap second). */
export function readDate(text: string, field: string): Date {
  const instant = readInstant(text);
  if (instant !== undefined) return new Date(instant);
  throw new FleetError('malformed', 'Invalid request parameters', {
    details: { [field]: ['Invalid format. Expected :date-time'] },
  });
}

export function writeInstant(instant: Date | null): string | null {
  return instant === null ? null : instant.toISOString();
}

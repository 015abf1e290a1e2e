import { notFound } from '#core/kernel/fleet-error.ts';
import { type Id, parseId } from '#core/kernel/ids.ts';

/** The id in a path; a UUID we would never make is simply unknown. @throws FleetError `not_found`. */
export function readId<T extends Id<string>>(text: string, what: string): T {
  const id = parseId<T>(text);
  if (id === undefined) throw notFound(what);
  return id;
}

/** A day in UTC, as the range of the UUIDv7 that are made on it: from `firstId` to before `endId`. */
export interface Day {
  /** `20260315` */
  readonly name: string;
  readonly firstId: string;
  readonly endId: string;
  readonly endsAt: Date;
}

export const DAY_MS = 86_400_000;

export function dayOf(at: Date): Day {
  const startsAtMs = Math.floor(at.getTime() / DAY_MS) * DAY_MS;
  return {
    name: new Date(startsAtMs).toISOString().slice(0, 10).replaceAll('-', ''),
    firstId: lowestId(startsAtMs),
    endId: lowestId(startsAtMs + DAY_MS),
    endsAt: new Date(startsAtMs + DAY_MS),
  };
}

export function dayNamed(name: string): Day {
  return dayOf(new Date(`${name.slice(0, 4)}-${name.slice(4, 6)}-${name.slice(6)}T00:00:00Z`));
}

/** Below every UUIDv7 of this millisecond and above those before it (RFC 9562 §5.7: the first 48 bits are the time). */
function lowestId(ms: number): string {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `90s`, `10m`, `1h`. */
export function durationOf(text: string): number {
  const [, count, unit = 'm'] = /^(\d+)([smh])$/.exec(text) ?? [];
  if (count === undefined) throw new Error(`${text} is no duration such as 90s, 10m or 1h`);
  return Number(count) * (UNITS[unit] ?? 1);
}

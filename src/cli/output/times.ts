/** `37ms`, `0.4s`, `12s`, `3m 20s`, `2h 5m`, `3d 4h`: two units at most. */
export function formatDuration(ms: number): string {
  if (ms > 0 && ms < 100) return `${Math.ceil(ms)}ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count], at) => at === 0 || count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ');
}

/** How long ago, or in how long, a person reads: `12s ago`, `in 89d 3h`. A dash for never. */
export function formatInstant(instant: string | null | undefined, now: Date): string {
  if (!instant) return '-';
  const ms = now.getTime() - Date.parse(instant);
  if (Number.isNaN(ms)) return instant;
  if (Math.abs(ms) < 1000) return 'now';
  return ms > 0 ? `${formatDuration(ms)} ago` : `in ${formatDuration(-ms)}`;
}

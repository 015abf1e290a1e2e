/** Numbers, instants and lists as the reader's language writes them. */

const language = typeof navigator === 'undefined' ? 'en' : 'en-GB';

const whole = new Intl.NumberFormat(language);
const short = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const share = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 });
const plurals = new Intl.PluralRules('en');
const lists = new Intl.ListFormat('en', { type: 'conjunction' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'long' });
const instant = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' });
const instantUtc = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'long', timeZone: 'UTC' });

export function formatNumber(value: number): string {
  return whole.format(value);
}

export function formatShare(value: number): string {
  return share.format(value);
}

export function formatList(items: readonly string[]): string {
  return lists.format(items);
}

/** The form for a count; `#` stands for the number. */
export function plural(count: number, forms: { readonly one: string; readonly other: string }): string {
  const form = plurals.select(count) === 'one' ? forms.one : forms.other;
  return form.replaceAll('#', whole.format(count));
}

export function formatInstant(at: string): string {
  return instant.format(new Date(at));
}

export function formatInstantUtc(at: string): string {
  return instantUtc.format(new Date(at));
}

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** "3 minutes ago", "in 2 days". */
export function formatSince(at: string, now: number): string {
  const seconds = Math.round((Date.parse(at) - now) / 1_000);
  const [unit, size] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? ['second', 1];
  return relative.format(Math.trunc(seconds / size) || -0, unit);
}

/** "840 ms", "12.4 s", "3 min 20 s", "2 h 5 min". */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${short.format(ms / 1_000)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return inTwo([minutes, 'min'], [Math.floor((ms % 60_000) / 1_000), 's']);
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? inTwo([hours, 'h'], [minutes % 60, 'min'])
    : inTwo([Math.floor(hours / 24), 'd'], [hours % 24, 'h']);
}

function inTwo(large: readonly [number, string], small: readonly [number, string]): string {
  return [large, ...(small[0] === 0 ? [] : [small])].map(([count, unit]) => `${whole.format(count)} ${unit}`).join(' ');
}

const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(BYTES.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${short.format(bytes / 2 ** (10 * power))} ${BYTES[power]}`;
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/;
const EARLIEST = Date.parse('0001-01-01T00:00:00Z');
const LATEST = Date.parse('9999-12-31T23:59:59Z');

/**
 * A date-time (RFC 3339) as an instant in UTC with microseconds, in the form PostgreSQL reads; undefined when the text
 * is none. Only the years 1 to 9999.
 */
export function readInstant(text: string): string | undefined {
  const [, date, time, fraction, offset] = DATE_TIME.exec(text) ?? [];
  if (date === undefined || !isDate(date)) return undefined;
  const millis = Date.parse(`${date}T${time}${offset?.toUpperCase()}`);
  if (Number.isNaN(millis) || millis < EARLIEST || millis > LATEST) return undefined;
  return `${new Date(millis).toISOString().slice(0, 19)}.${(fraction ?? '').slice(0, 6).padEnd(6, '0')}Z`;
}

/** An instant as `readInstant`, or a date, which stands for the first or the last instant of its day (UTC). */
export function readDayOrInstant(text: string, edge: 'first' | 'last'): string | undefined {
  if (!isDate(text)) return readInstant(text);
  return edge === 'first' ? `${text}T00:00:00.000000Z` : `${text}T23:59:59.999999Z`;
}

function isDate(text: string): boolean {
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (year === undefined || year === '0000') return false;
  const midnight = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.getUTCDate() === Number(day) && Number(month) > 0;
}

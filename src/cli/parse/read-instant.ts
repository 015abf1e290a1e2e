import { InvalidArgumentError } from 'commander';
import { readDuration } from './read-duration.ts';

/** An instant of the wire for `2h` (before now) or `2027-01-31T12:00:00Z`. */
export function readPastInstant(text: string, now: Date = new Date()): string {
  if (AMOUNT.test(text)) return new Date(now.getTime() - readDuration(text)).toISOString();
  return readDate(text, 'It is a time before now such as 2h or 7d, or a date such as 2027-01-31T12:00:00Z.');
}

/** An instant of the wire for `2h` (from now) or `2027-01-31T12:00:00Z`. */
export function readInstant(text: string, now: Date = new Date()): string {
  if (AMOUNT.test(text)) return new Date(now.getTime() + readDuration(text)).toISOString();
  return readDate(text, 'It is a time from now such as 2h or 7d, or a date such as 2027-01-31T12:00:00Z.');
}

/** The same, or `never`. */
export function readInstantOrNever(text: string): string {
  return text === 'never' ? text : readInstant(text);
}

const AMOUNT = /^\d+(\.\d+)?(ms|s|m|h|d)$/;

function readDate(text: string, problem: string): string {
  const instant = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(instant.getTime())) throw new InvalidArgumentError(problem);
  return instant.toISOString();
}

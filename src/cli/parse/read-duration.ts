import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `500ms`, `60s`, `5m`, `2h`, `1d`; a bare number is seconds. In milliseconds. */
export function readDuration(text: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim()) ?? [];
  const ms = Math.round(Number(number) * (UNITS[unit] ?? Number.NaN));
  if (!Number.isFinite(ms) || ms <= 0) throw new InvalidArgumentError('It is a time such as 60s, 5m or 2h.');
  return ms;
}

/** For fields of whole seconds: never shorter than asked for. */
export function readSeconds(text: string): number {
  return Math.ceil(readDuration(text) / 1000);
}

import { crc32 } from 'node:zlib';
import type { JournalRecord } from './journal.ts';

/** `crc32 json\n`: a line that was torn, or that something else wrote, does not read as a record. */
export function writeLine(record: JournalRecord): string {
  const json = JSON.stringify(record);
  return `${checksum(json)} ${json}\n`;
}

/** Dates come back as dates. Undefined for anything `writeLine` did not write. */
export function readLine(line: string): JournalRecord | undefined {
  const json = line.slice(9);
  if (line[8] !== ' ' || line.slice(0, 8) !== checksum(json)) return undefined;
  return JSON.parse(json, reviveDates) as JournalRecord; // the checksum says that we wrote it
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

function reviveDates(key: string, value: unknown): unknown {
  return (key === 'startedAt' || key === 'finishedAt') && typeof value === 'string' ? new Date(value) : value;
}

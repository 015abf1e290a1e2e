import { createHash } from 'node:crypto';

/** What a daemon sends at a time. */
export const CHUNK_BYTES = 32_768;

/** Compresses about as well as a log does, and is the same in every process. */
const LINES = Buffer.from(
  Array.from({ length: 4000 }, (_, line) => {
    const id = createHash('md5').update(String(line)).digest('hex').slice(0, 11);
    return `${line} ${id} GET /things/${line * 7919} 200\n`;
  }).join(''),
);

/** The chunk at `ordinal` of an output of `bytes`. */
export function chunkOfLog(ordinal: number, bytes: number): Buffer {
  const length = Math.min(CHUNK_BYTES, bytes - ordinal * CHUNK_BYTES);
  const start = (ordinal * 7919) % (LINES.length - CHUNK_BYTES);
  return LINES.subarray(start, start + length);
}

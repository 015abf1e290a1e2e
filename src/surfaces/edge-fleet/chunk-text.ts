import type { StreamPlace } from '#core/executions/read-bytes-before.ts';

/** Looks up the last bytes before a place: `readBytesBefore` with its database. */
export type BytesBefore = (place: StreamPlace, count: number) => Promise<Buffer>;

/** A character of UTF-8 can begin so many bytes before it ends. */
const LONGEST_BEGINNING = 3;

/**
 * Output as text. Chunks end wherever the host cut them, in the middle of a character too: the beginning of an
 * unfinished one waits for the next chunk of its stream. What comes out depends on the stored bytes alone, not on
 * where somebody began to read: a reader who resumes in the middle has the beginning looked up.
 */
export class ChunkText {
  readonly #bytesBefore: BytesBefore;
  /** Streams that have been read from their beginning or looked up, and what waits for more. */
  readonly #waiting = new Map<string, Buffer>();
  readonly #isFromStart: boolean;

  /** `isFromStart`: nothing is looked up, because everything that comes will have been seen. */
  constructor(bytesBefore: BytesBefore, isFromStart: boolean) {
    this.#bytesBefore = bytesBefore;
    this.#isFromStart = isFromStart;
  }

  /** The text of a chunk; empty when it holds nothing but a part of a character. */
  async read(place: StreamPlace, data: Buffer): Promise<string> {
    const bytes = Buffer.concat([await this.#beginning(place), data]);
    const kept = bytes.subarray(bytes.length - unfinishedLength(bytes));
    this.#waiting.set(keyOf(place), Buffer.from(kept));
    return bytes.toString('utf8', 0, bytes.length - kept.length);
  }

  /** What still waits when the stream has ended; empty where it ended well. */
  async end(place: StreamPlace): Promise<string> {
    const rest = await this.#beginning(place);
    this.#waiting.delete(keyOf(place));
    return rest.toString('utf8');
  }

  async #beginning(place: StreamPlace): Promise<Buffer> {
    const waiting = this.#waiting.get(keyOf(place));
    if (waiting !== undefined) return waiting;
    if (this.#isFromStart) return NOTHING;
    const before = await this.#bytesBefore(place, LONGEST_BEGINNING);
    return before.subarray(before.length - unfinishedLength(before));
  }
}

const NOTHING = Buffer.alloc(0);

function keyOf({ executionId, stream }: StreamPlace): string {
  return `${executionId}/${stream}`;
}

/** Bytes at the end that begin a character and do not end it. */
export function unfinishedLength(bytes: Buffer): number {
  for (let length = 1; length <= Math.min(LONGEST_BEGINNING, bytes.length); length += 1) {
    const byte = bytes[bytes.length - length] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return length < sequenceLength(byte) ? length : 0;
  }
  return 0;
}

/** Number of bytes of the character that begins with this byte; 1 for a byte that begins no character. */
function sequenceLength(byte: number): number {
  if (byte >= 0xf5 || byte < 0xc2) return 1;
  if (byte >= 0xf0) return 4;
  return byte >= 0xe0 ? 3 : 2;
}

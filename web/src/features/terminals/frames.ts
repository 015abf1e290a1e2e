/** The frames of a terminal in a browser: one byte for the kind, four for the length, big-endian, and so many bytes (`src/protocol/terminal`). */
const HEADER = 5;
const MOST_BYTES = 65_536;
const INPUT = 0;
const SIZE = 3;
const LEAVE = 7;

export type HeardFrame =
  | { readonly kind: 'output'; readonly bytes: Uint8Array }
  | { readonly kind: 'size'; readonly columns: number; readonly rows: number }
  | { readonly kind: 'opened'; readonly sessionId: string; readonly user: string; readonly position: number }
  | { readonly kind: 'notice'; readonly text: string }
  | { readonly kind: 'exit'; readonly code: number | null; readonly problem: string | undefined };

function frame(kind: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER + content.length);
  bytes[0] = kind;
  new DataView(bytes.buffer).setUint32(1, content.length);
  bytes.set(content, HEADER);
  return bytes;
}

/** As many as it takes. */
export function inputFrames(text: string): Uint8Array<ArrayBuffer>[] {
  const bytes = new TextEncoder().encode(text);
  const pieces = Math.ceil(bytes.length / MOST_BYTES);
  return Array.from({ length: pieces }, (_, at) =>
    frame(INPUT, bytes.subarray(at * MOST_BYTES, (at + 1) * MOST_BYTES)),
  );
}

/** Mouse reports of old programs: each character is a byte. */
export function binaryFrame(text: string): Uint8Array<ArrayBuffer> {
  return frame(
    INPUT,
    Uint8Array.from(text, (character) => character.charCodeAt(0)),
  );
}

export function sizeFrame(columns: number, rows: number): Uint8Array<ArrayBuffer> {
  const content = new Uint8Array(4);
  const view = new DataView(content.buffer);
  view.setUint16(0, columns);
  view.setUint16(2, rows);
  return frame(SIZE, content);
}

export function leaveFrame(): Uint8Array<ArrayBuffer> {
  return frame(LEAVE, new Uint8Array());
}

/** Frames out of messages of any size. Kinds that are not known are passed over. */
export class FrameReader {
  #rest = new Uint8Array();

  /** @throws RangeError for a frame that is longer than any */
  read(piece: Uint8Array): HeardFrame[] {
    const all = new Uint8Array(this.#rest.length + piece.length);
    all.set(this.#rest);
    all.set(piece, this.#rest.length);
    const found: HeardFrame[] = [];
    let at = 0;
    while (all.length - at >= HEADER) {
      const length = new DataView(all.buffer, at).getUint32(1);
      if (length > MOST_BYTES) throw new RangeError(`a frame of ${length} bytes`);
      if (all.length - at < HEADER + length) break;
      const heard = readFrame(all[at] ?? -1, all.subarray(at + HEADER, at + HEADER + length));
      if (heard !== undefined) found.push(heard);
      at += HEADER + length;
    }
    this.#rest = all.slice(at);
    return found;
  }
}

function readFrame(kind: number, bytes: Uint8Array): HeardFrame | undefined {
  if (kind === 1 || kind === 2) return { kind: 'output', bytes };
  if (kind === SIZE && bytes.length === 4) {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return { kind: 'size', columns: view.getUint16(0), rows: view.getUint16(2) };
  }
  const text = new TextDecoder().decode(bytes);
  if (kind === 9) return { kind: 'notice', text };
  if (kind === 6) {
    const { code = null, problem } = JSON.parse(text) as { code?: number | null; problem?: string }; // written by the controller
    return { kind: 'exit', code, problem };
  }
  if (kind === 8) {
    const { sessionId, user, position } = JSON.parse(text) as { sessionId: string; user: string; position: number }; // the same
    return { kind: 'opened', sessionId, user, position };
  }
  return undefined;
}

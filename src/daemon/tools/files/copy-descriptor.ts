import { createHash } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';

/** What a worker is given beside its task: the content that is on its way. */
export const GIVEN_DESCRIPTOR = 3;

const PIECE_BYTES = 1 << 20;

export interface Copied {
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Everything in `from`, from its beginning and to where `to` is; with `to` undefined it is only read. */
export function copyDescriptor(from: number, to: number | undefined): Copied {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  let bytes = 0;
  for (let length = readSync(from, piece, 0, PIECE_BYTES, 0); length > 0; ) {
    const read = piece.subarray(0, length);
    hash.update(read);
    for (let at = 0; to !== undefined && at < length; ) at += writeSync(to, read, at);
    bytes += length;
    length = readSync(from, piece, 0, PIECE_BYTES, bytes);
  }
  return { bytes, sha256: hash.digest('hex') };
}

import type { Readable } from 'node:stream';
import type { ArtifactOwner } from './artifact.ts';

/**
 * Keeps the bytes of artifacts, each under its owner and its SHA-256: the same bytes of one owner are kept once, and what is
 * there never changes. Which artifacts there are is in the database and not asked here.
 */
export interface ArtifactStore {
  /**
   * Takes everything `content` has, in pieces, and resolves when it is safe. What was not kept whole is gone.
   * @throws FleetError `too_large` beyond `maxBytes`; `invalid` when the checksum is another; `unavailable` when there is no room
   */
  put(owner: ArtifactOwner, content: AsyncIterable<Uint8Array>, options: PutOptions): Promise<StoredBytes>;
  /** Undefined when there are no such bytes. Whoever opens reads to the end or destroys the stream. */
  open(owner: ArtifactOwner, sha256: string, range?: ByteRange): Promise<OpenBytes | undefined>;
  list(owner: ArtifactOwner): Promise<readonly StoredBytes[]>;
  /** Bytes that are not there are removed already. */
  remove(owner: ArtifactOwner, sha256: string): Promise<void>;
  /** With everything that is left of uploads that broke. */
  removeAllOf(owner: ArtifactOwner): Promise<void>;
}

export interface PutOptions {
  readonly maxBytes: number;
  /** Lower-case hex, asked for when everything has come; default: whatever it is. */
  readonly checksum?: (() => string) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface StoredBytes {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Both included, as in HTTP; without `end`, to the last byte. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number | undefined;
}

export interface OpenBytes {
  /** The size of the whole artifact, also where only a range was asked for. */
  readonly sizeBytes: number;
  /** The bytes of the range that was asked for. */
  readonly content: Readable;
}

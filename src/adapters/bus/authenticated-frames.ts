import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Batch, encodeFrames, FrameReader, type Message } from './frames.ts';

const MAC_BYTES = 32;
/** Most bytes of one message to NATS, whose own limit is 1 MiB unless somebody has changed it. */
const LONGEST_FRAME = 256 * 1024;
/** By the database's clock, which all controllers have. */
const FRESH_MS = 60_000;
const MOST_SENDERS = 1_000;

export interface FrameKey {
  readonly key: KeyObject;
  /** Part of what is authenticated, so that a message counts only where it was said. */
  readonly subject: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Batches as messages that only controllers with the same secret key can have written: HMAC-SHA-256 over subject, time and
 * frame, then `time frame`.
 */
export function sealFrames(
  { key, subject, now }: FrameKey,
  sender: string,
  sequence: number,
  messages: readonly Message[],
): Buffer[] {
  return encodeFrames(sender, sequence, messages, LONGEST_FRAME).map((frame) => {
    const body = Buffer.from(`${Math.trunc(now())} ${frame}`, 'latin1'); // frames are ASCII
    return Buffer.concat([macOf(key, subject, body), body]);
  });
}

export type FrameVerdict =
  | { readonly batch: Batch; readonly isAfterGap: boolean }
  /** A part of a batch, or something that does not count: forged, said long ago, heard before. */
  | 'forged'
  | 'stale'
  | 'repeated'
  | 'part';

/**
 * Reads them. Each sender numbers its batches: a number that was there before is a repetition, one that was left out means
 * that something was lost on the way, which a carrier without memory tells nobody.
 */
export class SealedFrameReader {
  readonly #key: FrameKey;
  readonly #frames = new FrameReader();
  readonly #last = new LRUCache<string, number>({ max: MOST_SENDERS });

  constructor(key: FrameKey) {
    this.#key = key;
  }

  read(message: Uint8Array): FrameVerdict {
    const mac = message.subarray(0, MAC_BYTES);
    const body = message.subarray(MAC_BYTES);
    const { key, subject, now } = this.#key;
    if (mac.length !== MAC_BYTES || !timingSafeEqual(mac, macOf(key, subject, body))) return 'forged';
    const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
    const space = text.indexOf(' ');
    if (Math.abs(now() - Number(text.slice(0, space))) > FRESH_MS) return 'stale';
    const batch = this.#frames.read(text.slice(space + 1));
    return batch === undefined ? 'part' : this.#inOrder(batch);
  }

  #inOrder(batch: Batch): FrameVerdict {
    const last = this.#last.get(batch.sender);
    if (last !== undefined && batch.sequence <= last) return 'repeated';
    this.#last.set(batch.sender, batch.sequence);
    return { batch, isAfterGap: last !== undefined && batch.sequence > last + 1 };
  }
}

function macOf(key: KeyObject, subject: string, body: Uint8Array): Buffer {
  return createHmac('sha256', key).update(`${subject}\n`).update(body).digest();
}

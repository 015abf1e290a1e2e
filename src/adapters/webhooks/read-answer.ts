import { setTimeout as delay } from 'node:timers/promises';
import type { Dispatcher } from 'undici';

/** So much of an answer is kept for the log. */
const SHOWN_BYTES = 1_024;
/** So much is read, so that the connection can be used again. */
const READ_BYTES = 65_536;
/** How long an answer may take to end once its status is known. */
const READ_MS = 2_000;

export interface ReadAnswer {
  readonly text: string;
  /** It was longer, or did not end. */
  readonly isCut: boolean;
}

/** The status is the answer: a body that goes on and on is left where it is, and its connection with it. */
export async function readAnswer(body: Dispatcher.ResponseData['body']): Promise<ReadAnswer> {
  const chunks: Buffer[] = [];
  const over = new AbortController();
  const isLate = delay(READ_MS, true, { signal: over.signal }).catch(() => true);
  const isWhole = readUpTo(body, chunks).catch(() => false);
  const isCut = await Promise.race([isLate, isWhole.then((whole) => !whole)]);
  over.abort();
  if (isCut) body.on('error', () => {}).destroy();
  return { text: Buffer.concat(chunks).subarray(0, SHOWN_BYTES).toString('utf8'), isCut };
}

async function readUpTo(body: Dispatcher.ResponseData['body'], chunks: Buffer[]): Promise<boolean> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes <= SHOWN_BYTES + 65_536) chunks.push(chunk);
    if (bytes > READ_BYTES) return false;
  }
  return true;
}

/**
 * Two connections become one: what comes in on either goes out on the other, byte for byte, an end on one side ends that
 * direction alone, and whoever does not read is not sent more. It is over when both directions are, when nothing has moved
 * for `idleMs`, after `totalMs`, when either side breaks, or when `signal` says so; then both are gone.
 */
import type { Duplex } from 'node:stream';

export interface JoinStreamsOptions {
  /** Without a byte in either direction. Default: for ever. */
  readonly idleMs?: number;
  readonly totalMs?: number;
  /** Its reason is told as the end, where it is a text. */
  readonly signal?: AbortSignal;
}

export interface JoinEnd {
  /** `closed`, `broken`, `idle`, `lasted_too_long`, or the reason of the signal. */
  readonly why: string;
  /** From the first to the second. */
  readonly bytesUp: number;
  readonly bytesDown: number;
}

/** Longest delay a timer takes. */
const FOR_EVER = 2 ** 31 - 1;

/** Never rejects. */
export function joinStreams(client: Duplex, target: Duplex, options: JoinStreamsOptions = {}): Promise<JoinEnd> {
  const { idleMs = FOR_EVER, totalMs = FOR_EVER, signal } = options;
  return new Promise((resolve) => {
    let bytesUp = 0;
    let bytesDown = 0;
    let movedAt = performance.now();
    let isOver = false;
    const over = (why: string) => {
      if (isOver) return;
      isOver = true;
      clearInterval(idle);
      clearTimeout(total);
      signal?.removeEventListener('abort', aborted);
      client.destroy();
      target.destroy();
      resolve({ why, bytesUp, bytesDown });
    };
    const aborted = () => over(typeof signal?.reason === 'string' ? signal.reason : 'aborted');
    const look = () => performance.now() - movedAt >= idleMs && over('idle');
    const idle = setInterval(look, Math.min(FOR_EVER, Math.max(10, idleMs / 4)));
    const total = setTimeout(() => over('lasted_too_long'), Math.min(FOR_EVER, totalMs));
    signal?.addEventListener('abort', aborted);
    client.on('data', (bytes: Buffer) => {
      bytesUp += bytes.length;
      movedAt = performance.now();
    });
    target.on('data', (bytes: Buffer) => {
      bytesDown += bytes.length;
      movedAt = performance.now();
    });
    const bothEnded = () => {
      if (client.writableFinished && target.writableFinished) over('closed');
    };
    for (const stream of [client, target]) {
      stream.on('error', () => over('broken'));
      stream.on('close', () => over(client.readableEnded && target.readableEnded ? 'closed' : 'broken'));
      stream.once('finish', bothEnded);
    }
    client.pipe(target);
    target.pipe(client);
    if (signal?.aborted) aborted();
    else if (client.destroyed || target.destroyed) over('broken');
  });
}

/**
 * What nodes may send ahead of what is read of them, on all connections together.
 *
 * HTTP/2 starts with 64 KiB for each connection, and so does its library: a node 40 ms away would get 1.6 MB through in a
 * second, its orders behind its output. A connection has `MOST_BYTES_AHEAD` here while there are few; more of them share
 * `BYTES_AHEAD_OF_ALL`, down to what HTTP/2 starts with. A share is a power of two, is cut when connections have doubled, and
 * grows again when so many have gone that it will not be cut at once.
 */
import type { Http2Session } from 'node:http2';

/** Window of one stream; the streams of a connection share the window of their connection. */
export const MOST_BYTES_AHEAD_OF_STREAM = 4 << 20;
export const MOST_BYTES_AHEAD = 8 << 20;
export const FEWEST_BYTES_AHEAD = 64 << 10;
export const BYTES_AHEAD_OF_ALL = 512 << 20;

export type WindowedSession = Pick<Http2Session, 'setLocalWindowSize' | 'destroyed' | 'once'>;

export class ConnectionWindows {
  readonly #sessions = new Set<WindowedSession>();
  #share = MOST_BYTES_AHEAD;

  add(session: WindowedSession): void {
    this.#sessions.add(session);
    session.once('close', () => {
      this.#sessions.delete(session);
      this.#resize(Math.max(this.#share, shareOf(2 * this.#sessions.size)));
    });
    session.setLocalWindowSize(this.#share);
    this.#resize(Math.min(this.#share, shareOf(this.#sessions.size)));
  }

  #resize(share: number): void {
    if (share === this.#share) return;
    this.#share = share;
    for (const session of this.#sessions) if (!session.destroyed) session.setLocalWindowSize(share);
  }
}

function shareOf(connections: number): number {
  const share = 2 ** Math.floor(Math.log2(BYTES_AHEAD_OF_ALL / Math.max(1, connections)));
  return Math.min(MOST_BYTES_AHEAD, Math.max(FEWEST_BYTES_AHEAD, share));
}

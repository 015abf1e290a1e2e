import type { FeedEvent, FeedState } from './feed-event.ts';
import type { FollowFeed } from './follow-feed.ts';

/**
 * Holds the one stream of the browser: opened with the topics that somebody watches, opened again when they change, and when
 * it ends, with a wait that grows. Where the last event was is kept across all of that, so nothing is missing.
 *
 * idle ─ topics ─► connecting ─ opened ─► live ─ ended, refused ─► lost ─ wait ─► connecting …; no topics: idle.
 */
export interface HolderPorts {
  readonly follow: (feed: FollowFeed) => Promise<void>;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly now: () => number;
  readonly heard: (event: FeedEvent) => void;
  readonly changed: (state: FeedState) => void;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

export class FeedHolder {
  readonly #ports: HolderPorts;
  #topics: readonly string[] = [];
  #lastEventId: string | undefined;
  #current: AbortController | undefined;
  #lostSince: number | undefined;

  constructor(ports: HolderPorts, lastEventId?: string) {
    this.#ports = ports;
    this.#lastEventId = lastEventId;
  }

  /** Opens the stream anew when these are others than before. */
  watch(topics: readonly string[]): void {
    if (topics.join() === this.#topics.join()) return;
    this.#topics = topics;
    this.#restart();
  }

  /** The network is back, or somebody looks again: there is no reason to wait. */
  hurry(): void {
    if (this.#lostSince !== undefined) this.#restart();
  }

  stop(): void {
    this.#topics = [];
    this.#current?.abort();
    this.#current = undefined;
  }

  #restart(): void {
    this.#current?.abort();
    this.#current = new AbortController();
    if (this.#topics.length === 0) {
      this.#lostSince = undefined;
      this.#ports.changed({ kind: 'idle' });
    } else {
      void this.#keepOpen(this.#topics, this.#current.signal);
    }
  }

  async #keepOpen(topics: readonly string[], signal: AbortSignal): Promise<void> {
    for (let waitMs = FIRST_WAIT_MS; !signal.aborted; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      if (this.#lostSince === undefined) this.#ports.changed({ kind: 'connecting', since: this.#ports.now() });
      await this.#ports
        .follow({
          topics,
          lastEventId: this.#lastEventId,
          signal,
          opened: () => {
            waitMs = FIRST_WAIT_MS;
            this.#opened(signal);
          },
          heard: (event) => this.#hear(event, signal),
        })
        .catch(() => undefined); // however it ended, it is opened again
      if (signal.aborted) return;
      this.#lostSince ??= this.#ports.now();
      this.#ports.changed({ kind: 'lost', since: this.#lostSince });
      await this.#ports.wait(waitMs * (0.5 + Math.random() / 2), signal);
    }
  }

  #opened(signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#lostSince = undefined;
    this.#ports.changed({ kind: 'live', since: this.#ports.now() });
  }

  #hear(event: FeedEvent, signal: AbortSignal): void {
    if (signal.aborted) return;
    if (event.id !== undefined) this.#lastEventId = event.id;
    this.#ports.heard(event);
  }
}

import { createParser } from 'eventsource-parser';
import type { FeedEvent } from './feed-event.ts';

export interface FollowFeed {
  readonly topics: readonly string[];
  readonly lastEventId: string | undefined;
  readonly signal: AbortSignal;
  readonly opened: () => void;
  readonly heard: (event: FeedEvent) => void;
}

/** A handshake that hangs would block every later one. */
const HANDSHAKE_MS = 5_000;

/** The controller sends a comment at least every 15 seconds; a stream that is silent for longer is dead. */
const SILENCE_MS = 45_000;

/** Reads the stream until it ends or `signal` says so. @throws when it cannot be opened, breaks or falls silent. */
export async function followFeed({ topics, lastEventId, signal, opened, heard }: FollowFeed): Promise<void> {
  const stop = new AbortController();
  const watch = new Deadline(() => stop.abort(new Error('the feed is silent')));
  watch.set(HANDSHAKE_MS);
  try {
    const response = await fetch(`/console/feed?topics=${topics.map(encodeURIComponent).join(',')}`, {
      credentials: 'same-origin',
      headers: { accept: 'text/event-stream', ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
      signal: AbortSignal.any([signal, stop.signal]),
    });
    if (!response.ok || response.body === null) throw new FeedRefused(response.status);
    opened();
    const parser = createParser({
      onEvent: ({ id, event, data }) => heard({ id, event: event ?? 'message', data: JSON.parse(data) as unknown }),
    });
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      watch.set(SILENCE_MS);
      parser.feed(text);
    }
  } finally {
    watch.clear();
    stop.abort();
  }
}

export class FeedRefused extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`the feed was refused with ${status}`);
    this.name = 'FeedRefused';
    this.status = status;
  }
}

class Deadline {
  readonly #passed: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(passed: () => void) {
    this.#passed = passed;
  }

  set(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#passed, ms);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}

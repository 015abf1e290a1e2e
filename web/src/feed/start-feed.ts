import { Feed } from './feed.ts';
import type { TabMessage } from './feed-event.ts';
import { followFeed } from './follow-feed.ts';

const NAME = 'garrison-feed';
const ANNOUNCE_EVERY_MS = 20_000;

const channel = new BroadcastChannel(NAME);

export const feed = new Feed({
  tab: crypto.randomUUID(),
  follow: followFeed,
  wait,
  now: Date.now,
  post: (message) => channel.postMessage(message),
  becomeHolder: (hold) => {
    void navigator.locks.request(NAME, hold);
  },
});

/** Once for the page; the stream itself is opened when a screen watches something. */
export function startFeed(): void {
  channel.onmessage = ({ data }: MessageEvent<TabMessage>) => feed.receive(data);
  document.addEventListener('visibilitychange', () => feed.setVisible(document.visibilityState === 'visible'));
  window.addEventListener('online', () => feed.hurry());
  window.addEventListener('pagehide', () => feed.leave());
  window.addEventListener('pageshow', ({ persisted }) => persisted && feed.start());
  setInterval(() => feed.announce(), ANNOUNCE_EVERY_MS);
  feed.start();
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    resolve();
  });
  return promise;
}

import { expect, test } from 'vitest';
import { batch } from './batch.ts';
import { Feed } from './feed.ts';
import type { FeedEvent, FeedState, TabMessage } from './feed-event.ts';
import type { FollowFeed } from './follow-feed.ts';

/** Tabs of one browser: one channel, one lock, and a server that opens streams. */
function browser() {
  const tabs = new Map<string, Feed>();
  const streams: (FollowFeed & { readonly end: () => void })[] = [];
  const queue: (() => void)[] = [];
  let isHeld = false;
  const takeTurn = () => {
    if (isHeld) return;
    isHeld = queue.length > 0;
    queue.shift()?.();
  };
  const open = (tab: string) => {
    const waits: (() => void)[] = [];
    const feed = new Feed({
      tab,
      now: () => 1_000,
      wait: () => new Promise((resolve) => waits.push(resolve)),
      follow: (stream) =>
        new Promise((resolve) => {
          streams.push({ ...stream, end: resolve });
          stream.signal.addEventListener('abort', () => resolve());
        }),
      post: (message: TabMessage) => {
        for (const [other, each] of tabs) if (other !== tab) each.receive(structuredClone(message));
      },
      becomeHolder: (hold) => {
        queue.push(() => {
          void hold().then(() => {
            isHeld = false;
            takeTurn();
          });
        });
        takeTurn();
      },
    });
    tabs.set(tab, feed);
    feed.start();
    return { feed, waits, close: () => tabs.delete(tab) && feed.leave() };
  };
  const stream = () => {
    const current = streams.at(-1);
    if (current === undefined) throw new Error('no stream was opened');
    return current;
  };
  return { open, streams, stream };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const message = (id: string, event: string, data: unknown = {}): FeedEvent => ({ id, event, data });

test('two tabs have one stream with the topics of both, and both hear it', () => {
  const { open, stream } = browser();
  const heard: string[] = [];
  open('a').feed.subscribe('nodes', ({ id }) => heard.push(`a ${id}`));
  open('b').feed.subscribe('run:f-1', ({ id }) => heard.push(`b ${id}`));
  expect(stream().topics).toEqual(['nodes', 'run:f-1']);
  stream().heard(message('1', 'nodes'));
  stream().heard(message('2', 'run', { id: 'f-1' }));
  stream().heard(message('3', 'run', { id: 'f-2' }));
  expect(heard).toEqual(['a 1', 'b 2']);
});

test('a reload is for everybody it names, and without a name for all', () => {
  const { open, stream } = browser();
  const heard: string[] = [];
  const { feed } = open('a');
  feed.subscribe('nodes', ({ event }) => heard.push(`nodes ${event}`));
  feed.subscribe('runs', ({ event }) => heard.push(`runs ${event}`));
  stream().heard(message('1', 'reload', { topic: 'runs' }));
  stream().heard(message('2', 'reload'));
  expect(heard).toEqual(['runs reload', 'nodes reload', 'runs reload']);
});

test('when the holder closes, the next tab goes on behind the last event that was heard', async () => {
  const { open, stream, streams } = browser();
  const first = open('a');
  first.feed.subscribe('nodes', () => undefined);
  const heard: string[] = [];
  open('b').feed.subscribe('nodes', ({ id }) => heard.push(id ?? ''));
  stream().heard(message('7', 'nodes'));
  const before = streams.length;
  first.close();
  await turn();
  expect(streams.length).toBeGreaterThan(before);
  expect(stream().lastEventId).toBe('7');
  expect(stream().topics).toEqual(['nodes']);
  stream().heard(message('8', 'nodes'));
  expect(heard).toEqual(['7', '8']);
});

test('a hidden tab drops its topics, and without any topic there is no stream', () => {
  const { open, stream } = browser();
  const { feed } = open('a');
  feed.subscribe('nodes', () => undefined);
  const opened = stream();
  feed.setVisible(false);
  expect(opened.signal.aborted).toBe(true);
  expect(feed.state.kind).toBe('idle');
  feed.setVisible(true);
  expect(stream()).not.toBe(opened);
  expect(stream().signal.aborted).toBe(false);
});

test('a stream that ends is opened again, and the time of the loss is that of the first', async () => {
  const { open, stream } = browser();
  const states: FeedState['kind'][] = [];
  const { feed, waits } = open('a');
  feed.onState(() => states.push(feed.state.kind));
  feed.subscribe('nodes', () => undefined);
  stream().opened();
  stream().heard(message('4', 'nodes'));
  stream().end();
  await turn();
  expect(states).toEqual(['connecting', 'live', 'lost']);
  waits.at(-1)?.();
  await turn();
  expect(stream().lastEventId).toBe('4');
  stream().opened();
  expect(states).toEqual(['connecting', 'live', 'lost', 'live']);
});

test('whatever comes within one frame is handed on at once', () => {
  const frames: (() => void)[] = [];
  const flushed: (readonly number[])[] = [];
  const add = batch<number>(
    (items) => flushed.push(items),
    (run) => frames.push(run),
  );
  add(1);
  add(2);
  frames.shift()?.();
  add(3);
  frames.shift()?.();
  expect(flushed).toEqual([[1, 2], [3]]);
});

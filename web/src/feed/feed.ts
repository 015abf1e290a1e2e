import type { FeedEvent, FeedState, TabMessage } from './feed-event.ts';
import { FeedHolder, type HolderPorts } from './feed-holder.ts';
import { TopicTable } from './topic-table.ts';

/**
 * One stream for each browser. The tab that has the Web Lock holds it for all; tabs tell each other by a BroadcastChannel
 * which topics they show, and hear every event there. When the holder goes, the lock goes to the next tab, which asks the
 * others what they want and goes on behind the last event that it heard.
 */
export interface FeedPorts extends Omit<HolderPorts, 'heard' | 'changed'> {
  /** Runs `hold` once this tab is the holder, until it is closed. */
  readonly becomeHolder: (hold: () => Promise<void>) => void;
  readonly post: (message: TabMessage) => void;
  readonly tab: string;
}

type Listener = (event: FeedEvent) => void;

export class Feed {
  readonly #ports: FeedPorts;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #stateListeners = new Set<() => void>();
  readonly #table = new TopicTable();
  #holder: FeedHolder | undefined;
  #lastEventId: string | undefined;
  #isVisible = true;
  #state: FeedState = { kind: 'idle' };

  constructor(ports: FeedPorts) {
    this.#ports = ports;
  }

  start(): void {
    this.#ports.becomeHolder(async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#release = resolve;
      this.#hold();
      await promise;
    });
  }

  #release: (() => void) | undefined;

  get state(): FeedState {
    return this.#state;
  }

  onState(listener: () => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  /** Hears the events of a topic, such as `nodes` or `run:f-…`, for as long as somebody can see the tab. */
  subscribe(topic: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners);
    listeners.add(listener);
    if (listeners.size === 1) this.announce();
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      this.#listeners.delete(topic);
      this.announce();
    };
  }

  /** Says what this tab watches: when that changes, when somebody asks, and from time to time. */
  announce(): void {
    const topics = this.#isVisible ? [...this.#listeners.keys()] : [];
    this.#table.set(this.#ports.tab, topics, this.#ports.now());
    this.#ports.post({ kind: 'topics', tab: this.#ports.tab, topics });
    this.#retune();
  }

  setVisible(isVisible: boolean): void {
    this.#isVisible = isVisible;
    this.announce();
    if (isVisible) this.#holder?.hurry();
  }

  hurry(): void {
    this.#holder?.hurry();
  }

  /** The tab is closed. */
  leave(): void {
    this.#ports.post({ kind: 'gone', tab: this.#ports.tab });
    this.#holder?.stop();
    this.#holder = undefined;
    this.#release?.();
  }

  receive(message: TabMessage): void {
    switch (message.kind) {
      case 'topics':
        this.#table.set(message.tab, message.topics, this.#ports.now());
        return this.#retune();
      case 'gone':
        this.#table.remove(message.tab);
        return this.#retune();
      case 'event':
        return this.#hear(message.event);
      case 'state':
        return this.#setState(message.state);
      case 'who':
        return this.announce();
    }
  }

  #hold(): void {
    this.#holder = new FeedHolder(
      {
        ...this.#ports,
        heard: (event) => {
          this.#ports.post({ kind: 'event', event });
          this.#hear(event);
        },
        changed: (state) => {
          this.#ports.post({ kind: 'state', state });
          this.#setState(state);
        },
      },
      this.#lastEventId,
    );
    this.#ports.post({ kind: 'who' });
    this.#retune();
  }

  #retune(): void {
    this.#holder?.watch(this.#table.union(this.#ports.now()));
  }

  #hear(event: FeedEvent): void {
    if (event.id !== undefined) this.#lastEventId = event.id;
    for (const [topic, listeners] of this.#listeners) {
      if (!isAbout(event, topic)) continue;
      for (const listener of listeners) listener(event);
    }
  }

  #setState(state: FeedState): void {
    this.#state = state;
    for (const listener of this.#stateListeners) listener();
  }
}

/** `run` events belong to `run:ID`; `reload` tells everybody to read again. */
export function isAbout({ event, data }: FeedEvent, topic: string): boolean {
  if (event === 'reload') return isReloadOf(data, topic);
  const [kind, id] = topic.split(':');
  if (kind !== event) return false;
  return id === undefined || (data as { id?: unknown } | null)?.id === id; // whatever else it is, it has no id
}

function isReloadOf(data: unknown, topic: string): boolean {
  const named = (data as { topic?: unknown } | null)?.topic;
  return named === undefined || named === null || named === topic;
}

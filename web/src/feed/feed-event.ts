/** One message of `/console/feed`, as every tab of the browser gets it. */
export interface FeedEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: unknown;
}

/** How the one stream is. `since` is in milliseconds of the epoch. */
export type FeedState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly since: number }
  | { readonly kind: 'live'; readonly since: number }
  | { readonly kind: 'lost'; readonly since: number };

/** What tabs tell each other. A tab without topics has nothing to watch: it is hidden, or on a page that does not move. */
export type TabMessage =
  | { readonly kind: 'topics'; readonly tab: string; readonly topics: readonly string[] }
  | { readonly kind: 'gone'; readonly tab: string }
  | { readonly kind: 'event'; readonly event: FeedEvent }
  | { readonly kind: 'state'; readonly state: FeedState }
  /** From a tab that has just taken the stream over and knows of nobody yet. */
  | { readonly kind: 'who' };

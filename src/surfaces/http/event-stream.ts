import type { ServerResponse } from 'node:http';

export interface StreamedEvent {
  readonly id?: string;
  readonly event?: string;
  /** Sent as JSON. */
  readonly data: unknown;
}

/** One that goes to many readers and was written once: `formatEvent` has made it. */
export interface WrittenEvent {
  readonly text: string;
}

export interface EventStreamOptions {
  /** Sent when nothing else was for so long. Default 15,000 ms. */
  readonly keepAliveMs?: number;
  /** Bytes that may wait for a slow reader, asked anew for each event. Default 1 MiB. */
  readonly maxBufferedBytes?: () => number;
}

/**
 * Server-sent events to one reader. What waits for a slow reader is bounded: `send` waits until there is room, and
 * `trySend` says no, so that a caller that cannot wait drops what it has and reads it from storage later.
 */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #maxBufferedBytes: () => number;
  readonly #keepAliveMs: number;
  readonly #over = new AbortController();
  #keepAlive: NodeJS.Timeout | undefined;

  /** The headers must have been written. */
  constructor(
    response: ServerResponse,
    { keepAliveMs = 15_000, maxBufferedBytes = () => 1_048_576 }: EventStreamOptions = {},
  ) {
    this.#response = response;
    this.#maxBufferedBytes = maxBufferedBytes;
    this.#keepAliveMs = keepAliveMs;
    response.once('close', () => this.#finish());
    response.on('error', () => this.#finish());
    this.#rest();
  }

  /** Aborted when the reader has left, the server stops, or the stream has ended. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /** Bytes that have not reached the kernel yet. */
  get bufferedBytes(): number {
    return this.#response.writableLength;
  }

  /** Sends when there is room. Resolves to false when the reader has left. */
  async send(event: StreamedEvent | WrittenEvent): Promise<boolean> {
    await this.#room();
    return this.#write('text' in event ? event.text : formatEvent(event));
  }

  /** Sends unless too much is waiting already; false means that nothing was sent. */
  trySend(event: StreamedEvent): boolean {
    return this.bufferedBytes < this.#maxBufferedBytes() && this.#write(formatEvent(event));
  }

  /** A line readers ignore. */
  async comment(text: string): Promise<boolean> {
    await this.#room();
    return this.#write(`: ${text.replaceAll(/[\r\n]+/g, ' ')}\n\n`);
  }

  /** Ends the response after what is buffered; harmless when it is over. */
  end(): void {
    if (this.isOver) return;
    this.#finish();
    this.#response.end();
  }

  /** Ends it now: what the reader has not taken yet does not reach it any more. */
  cut(): void {
    if (this.bufferedBytes === 0) return this.end();
    this.#finish();
    this.#response.destroy();
  }

  async #room(): Promise<void> {
    while (!this.isOver && this.bufferedBytes >= this.#maxBufferedBytes()) await this.#drained();
  }

  #drained(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = () => {
      this.#response.off('drain', done);
      this.#over.signal.removeEventListener('abort', done);
      resolve();
    };
    this.#response.once('drain', done);
    this.#over.signal.addEventListener('abort', done);
    return promise;
  }

  #write(text: string): boolean {
    if (this.isOver) return false;
    this.#response.write(text);
    this.#rest();
    return true;
  }

  #rest(): void {
    if (this.#keepAlive) this.#keepAlive.refresh();
    else this.#keepAlive = setInterval(() => this.#write(': keep-alive\n\n'), this.#keepAliveMs).unref();
  }

  #finish(): void {
    clearInterval(this.#keepAlive);
    this.#over.abort();
  }
}

/** The lines of one event; line breaks can be in the data only, where JSON escapes them. */
export function formatEvent({ id, event, data }: StreamedEvent): string {
  const lines = [];
  if (id !== undefined) lines.push(`id: ${oneLine(id)}`);
  if (event !== undefined) lines.push(`event: ${oneLine(event)}`);
  return `${lines.join('\n')}${lines.length > 0 ? '\n' : ''}data: ${JSON.stringify(data)}\n\n`;
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\0]+/g, ' ');
}

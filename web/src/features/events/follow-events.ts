import { createParser } from 'eventsource-parser';
import { addressOf } from '../../api/call.ts';
import { problemOf } from '../../api/problem.ts';

/** What the stream says of an event; each has its own data. */
export interface HappenedEvent {
  readonly id: string;
  readonly type: string;
  readonly time: string;
  readonly subject?: string;
  readonly data?: unknown;
}

interface FollowEvents {
  readonly type: string | undefined;
  /** Place to go on behind. */
  readonly after: string | undefined;
  readonly signal: AbortSignal;
  readonly heard: (event: HappenedEvent, place: string | undefined) => void;
}

/** Reads the events as they are recorded, until the stream ends. @throws Problem when it is refused. */
export async function followEvents({ type, after, signal, heard }: FollowEvents): Promise<void> {
  const response = await fetch(addressOf('/api/v1/events/stream', {}, { type }), {
    credentials: 'same-origin',
    headers: { accept: 'text/event-stream', ...(after !== undefined && { 'last-event-id': after }) },
    signal,
  });
  if (!response.ok || response.body === null) throw await problemOf(response);
  const parser = createParser({
    onEvent: ({ id, data }) => heard(JSON.parse(data) as HappenedEvent, id), // a CloudEvent, says the operation
  });
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) parser.feed(text);
}

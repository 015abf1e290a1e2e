import { type EventSourceMessage, EventSourceParserStream } from 'eventsource-parser/stream';

/** Longest single event; beyond it the stream is not one of ours. */
const MAX_EVENT_CHARS = 64 * 1024 * 1024;

/**
 * The events of a `text/event-stream` body, however its bytes are cut. Comments are dropped. Ends when the body ends
 * and throws what broke it; leaving the loop closes the connection.
 */
export async function* readEventStream(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<EventSourceMessage, void, void> {
  const events = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>) // lib.dom wants BufferSource in
    .pipeThrough(new EventSourceParserStream({ maxBufferSize: MAX_EVENT_CHARS }));
  yield* events;
}

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readEventStream } from './read-event-stream.ts';

interface Event {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

const line = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replace(/[\r\n\0\ufeff]/g, ''));
const event = fc.record({
  event: fc.constantFrom('command_progress', 'fleet_result'),
  id: fc.nat().map(String),
  data: fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n')),
});
const lineEnd = fc.constantFrom('\n', '\r\n', '\r');

function written({ event, id, data }: Event, end: string): string {
  const fields = [`event: ${event}`, `id: ${id}`, ': a comment', ...data.split('\n').map((text) => `data: ${text}`)];
  return `${fields.join(end)}${end}${end}`;
}

async function read(chunks: readonly Uint8Array[]): Promise<Event[]> {
  const events: Event[] = [];
  for await (const { event = '', id = '', data } of readEventStream(
    ReadableStream.from(chunks) as ReadableStream<Uint8Array>,
  )) {
    events.push({ event, id, data });
  }
  return events;
}

function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, at) => bytes.subarray(places[at], end));
}

test('events are the same however the bytes are cut, inside characters and line ends too', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { maxLength: 5 }),
      lineEnd,
      fc.array(fc.nat(), { maxLength: 12 }),
      async (events, end, cuts) => {
        const bytes = new TextEncoder().encode(events.map((one) => written(one, end)).join(''));
        expect(await read(cutAt(bytes, cuts))).toEqual(events);
      },
    ),
    { numRuns: 300 },
  );
});

test('one byte at a time is enough', async () => {
  const original = { event: 'command_progress', id: '7', data: '{"chunk":{"stdout":"größe 🚀"}}' };
  const bytes = new TextEncoder().encode(written(original, '\r\n'));
  expect(await read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual([original]);
});

test('an event that the end of the stream cuts off is not told', async () => {
  const bytes = new TextEncoder().encode('data: whole\n\ndata: half');
  expect((await read([bytes])).map((one) => one.data)).toEqual(['whole']);
});

test('a stream that breaks is an error, not an end', async () => {
  const broken = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('data: one\n\n'));
    },
    pull() {
      throw new Error('cut');
    },
  });
  const reading = (async () => {
    for await (const _ of readEventStream(broken));
  })();
  await expect(reading).rejects.toThrow('cut');
});

/** A provider of models that answers at once, with a stream of events or with many bytes, and agents are not told apart. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveParent } from './child.ts';

const PIECE = Buffer.alloc(
  64 * 1024,
  'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"word"}}\n\n',
);
const SMALL = [
  'data: {"message":{"model":"m-1","usage":{"input_tokens":700}}}\n\n',
  'data: {"type":"message_delta","usage":{"output_tokens":34}}\n\n',
].join('');

const server = createServer((request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const bytes = Number(/\/bytes\/(\d+)$/.exec(request.url ?? '')?.[1] ?? 0);
  if (bytes === 0) return response.end(SMALL);
  let left = bytes;
  const more = () => {
    while (left > 0) {
      left -= PIECE.length;
      if (!response.write(PIECE)) return response.once('drain', more);
    }
    return response.end();
  };
  more();
});

serveParent<never>({
  start: () =>
    new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)); // of TCP
    }),
});

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

export interface Delivery {
  /** What `garrison webhooks verify` is given. */
  readonly secretFile: string;
  readonly headersFile: string;
  readonly bodyFile: string;
  readonly type: string;
}

export interface Receiver {
  readonly url: string;
  readonly secret: string;
  /** The first event that comes. */
  readonly delivered: Promise<Delivery>;
  close(): void;
}

/** Somebody who is told of events: keeps the first one as it came, so that its signature can be checked. */
export async function startReceiver(directory: string): Promise<Receiver> {
  const secretFile = join(directory, 'webhook.secret');
  const secret = randomBytes(24).toString('hex');
  writeFileSync(secretFile, secret, { mode: 0o600 });
  const arrived = Promise.withResolvers<Delivery>();
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    response.end();
    arrived.resolve(keep(directory, secretFile, { request, body }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port
  return { url: `http://127.0.0.1:${port}/hook`, secret, delivered: arrived.promise, close: () => server.close() };
}

function keep(
  directory: string,
  secretFile: string,
  { request, body }: { readonly request: IncomingMessage; readonly body: Buffer },
): Delivery {
  const [headersFile, bodyFile] = [join(directory, 'webhook.headers'), join(directory, 'webhook.body')];
  const lines = Object.entries(request.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value) => `${name}: ${value}`),
  );
  writeFileSync(headersFile, `${lines.join('\n')}\n`);
  writeFileSync(bodyFile, body);
  const { type } = JSON.parse(body.toString('utf8')) as { type: string }; // CloudEvents, from our own controller
  return { secretFile, headersFile, bodyFile, type };
}

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CliError } from '../cli-error.ts';
import { ExitCode } from '../exit-codes.ts';

export interface RedirectListener {
  /** `http://127.0.0.1:PORT/callback` (RFC 8252 §7.3: loopback, any port). */
  readonly url: string;
  /** The address that the browser was sent back to. @throws CliError when nobody comes back. */
  readonly came: Promise<URL>;
  close(): void;
}

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Garrison</title>
<p>You may close this page: the command line goes on.</p></html>`;

/** Listens on a free port of loopback for one redirect of a browser. */
export async function listenForRedirect(signal: AbortSignal): Promise<RedirectListener> {
  const came = Promise.withResolvers<URL>();
  came.promise.catch(() => undefined); // it may end before anybody waits for it
  const server = createServer({ maxHeaderSize: 16_384 }, (request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (request.method !== 'GET' || url.pathname !== '/callback') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', connection: 'close' }).end(PAGE);
    came.resolve(new URL(`${redirectUrl}${url.search}`));
  });
  server.maxConnections = 16;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const redirectUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`; // it listens on a port
  signal.addEventListener('abort', () =>
    came.reject(
      new CliError('nobody came back from the issuer', {
        exitCode: ExitCode.auth,
        advice: 'On a machine without a browser use garrison login --device.',
      }),
    ),
  );
  return {
    url: redirectUrl,
    came: came.promise,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

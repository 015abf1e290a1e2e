import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface GitHost {
  /** host:port. */
  readonly host: string;
  /** What was asked for, and whether with good credentials. */
  readonly asked: { readonly path: string; readonly isAllowed: boolean }[];
  close(): void;
}

/** Serves the bare repositories below `directory` by git's own CGI program, to those who know `credentials` (`user:password`). */
export async function serveGit(directory: string, credentials: string): Promise<GitHost> {
  const backend = join(execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(), 'git-http-backend');
  const wanted = `Basic ${Buffer.from(credentials).toString('base64')}`;
  const asked: { path: string; isAllowed: boolean }[] = [];
  const server = createServer((request, response) => {
    const isAllowed = request.headers.authorization === wanted;
    asked.push({ path: request.url ?? '', isAllowed });
    if (isAllowed) return void answer(backend, directory, request, response);
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port
  return { host: `127.0.0.1:${port}`, asked, close: () => server.close() };
}

/** RFC 3875, as far as `git-http-backend` needs it. */
async function answer(backend: string, directory: string, request: IncomingMessage, response: ServerResponse) {
  const { pathname, search } = new URL(request.url ?? '/', 'http://host');
  const child = spawn(backend, [], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: directory,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      HTTP_GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_USER: 'robot',
    },
  });
  request.pipe(child.stdin);
  const said = Buffer.concat(await Array.fromAsync(child.stdout));
  const at = said.indexOf('\r\n\r\n');
  const headers = said.subarray(0, at).toString('latin1').split('\r\n');
  for (const line of headers) {
    const [name = '', value = ''] = line.split(': ');
    if (name === 'Status') response.statusCode = Number(value.slice(0, 3));
    else response.setHeader(name, value);
  }
  response.end(said.subarray(at + 4));
}

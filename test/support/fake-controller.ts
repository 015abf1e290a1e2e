import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** What a route answers: JSON, nothing, or whatever it writes itself. */
export type Answer =
  | { readonly status?: number; readonly json?: unknown; readonly headers?: Record<string, string> }
  | ((response: ServerResponse, request: SeenRequest) => void);

/** `GET /v1/edge/hosts` → its answer; without the query. `by` answers for each request anew. */
export type Routes = Record<string, Answer | { readonly by: (request: SeenRequest) => Answer }>;

export interface FakeController {
  readonly url: string;
  readonly requests: SeenRequest[];
  /** `GET /path?query` of every request, in order. */
  readonly seen: readonly string[];
  close(): Promise<void>;
}

/** A server that answers what the test says, as the contracts have it, and remembers what it was asked. */
export async function fakeController(routes: Routes): Promise<FakeController> {
  const requests: SeenRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const request = await readRequest(incoming);
    requests.push(request);
    const route = routes[`${request.method} ${request.url.split('?')[0]}`];
    const answer = route !== undefined && 'by' in route ? route.by(request) : route;
    reply(response, request, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get seen() {
      return requests.map(({ method, url }) => `${method} ${url}`);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Events as the edge fleet streams them, their ids counted up. */
export function eventStream(
  response: ServerResponse,
  events: readonly { event: string; data: unknown; id?: string }[],
): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
  events.forEach(({ event, data, id }, at) => {
    response.write(`event: ${event}\nid: ${id ?? at}\ndata: ${JSON.stringify(data)}\n\n`);
  });
}

function reply(response: ServerResponse, request: SeenRequest, answer: Answer | undefined): void {
  if (answer === undefined) {
    response.writeHead(404, { 'content-type': 'application/problem+json', 'x-request-id': 'r-404' });
    response.end(
      JSON.stringify({ title: 'Not Found', status: 404, code: 'not_found', detail: 'there is no such thing' }),
    );
  } else if (typeof answer === 'function') {
    answer(response, request);
  } else {
    const { json, status = json === undefined ? 204 : 200, headers = {} } = answer;
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(json === undefined ? undefined : JSON.stringify(json));
  }
}

async function readRequest(incoming: IncomingMessage): Promise<SeenRequest> {
  let text = '';
  for await (const part of incoming) text += part;
  const { method = '', url = '', headers } = incoming;
  return { method, url, headers, body: text === '' ? undefined : JSON.parse(text) };
}

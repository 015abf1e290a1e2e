import type { Operations as AgentDispatch } from './gen/agent-dispatch.ts';
import type { Operations as EdgeAdmin } from './gen/edge-admin.ts';
import type { Operations as EdgeFleet } from './gen/edge-fleet.ts';
import type { Operations as Native } from './gen/native.ts';
import type { Operations as OrgOutposts } from './gen/org-outposts.ts';
import { problemOf, unreachable } from './problem.ts';

export interface Operations extends EdgeFleet, EdgeAdmin, Native, AgentDispatch, OrgOutposts {}

export type Answer<Name extends keyof Operations> = Operations[Name]['answer'];

type Sent<Operation> = Omit<Operation, 'answer'>;

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/** What has nothing to be said may be called with its name alone. */
type Rest<Operation> =
  Record<never, never> extends Sent<Operation> ? [sent?: Sent<Operation> & Options] : [sent: Sent<Operation> & Options];

/**
 * Calls an operation of the controller by the name it has in our OpenAPI documents.
 * @throws Problem for every answer that is not 2xx, and when there is none.
 */
export function call<Name extends keyof Operations>(
  name: Name,
  ...rest: Rest<Operations[Name]>
): Promise<Answer<Name>> {
  const { path, query, body, signal } = (rest[0] ?? {}) as Parts & Options; // every operation is made of these
  return request(name, { path, query, body, signal }) as Promise<Answer<Name>>; // as the document of the surface says
}

interface Parts {
  readonly path?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
}

/** For the operations of the console itself, and by `call`. `name` is a method and a path with `{parameters}`. */
export async function request(
  name: string,
  { path = {}, query = {}, body, signal }: Parts & Options = {},
): Promise<unknown> {
  const response = await send(name, path, query, body, signal);
  if (!response.ok) throw await problemOf(response);
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return isJson ? await response.json() : undefined;
}

async function send(
  name: string,
  path: Readonly<Record<string, string>>,
  query: Readonly<Record<string, unknown>>,
  body: unknown,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const [method = 'GET', template = '/'] = name.split(' ');
  const init: RequestInit = { method, credentials: 'same-origin', headers: { accept: 'application/json' } };
  if (signal !== undefined) init.signal = signal;
  if (method !== 'GET') {
    init.headers = { accept: 'application/json', 'content-type': 'application/json' };
    if (body !== undefined) init.body = JSON.stringify(body);
  }
  try {
    return await fetch(addressOf(template, path, query), init);
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw unreachable(cause);
  }
}

export function addressOf(
  template: string,
  path: Readonly<Record<string, string>> = {},
  query: Readonly<Record<string, unknown>> = {},
): string {
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) if (one !== undefined && one !== '') search.append(name, String(one));
  }
  const text = search.toString();
  return text === '' ? filled : `${filled}?${text}`;
}

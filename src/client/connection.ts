import { trimEndOf } from '#runtime/trim-end.ts';
import { ApiError, UnreachableError, type UnreachableReason } from './api-error.ts';

export interface ConnectionOptions {
  /** Where the controller is, without a path: `http://127.0.0.1:7070`. */
  readonly baseUrl: string;
  /** Sent with every request: the credential, the tenant. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Longest time to an answer, or to the head of a stream, in milliseconds. Default 60 000. */
  readonly timeoutMs?: number;
  readonly fetch?: typeof globalThis.fetch;
}

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** Lists are repeated, undefined values left out. */
  readonly query?: Readonly<Record<string, QueryValue>> | undefined;
  readonly body?: unknown;
  /** Sent as it is, in place of `body`; the answer may take as long as that does. */
  readonly content?: ReadableStream<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export type QueryValue = string | number | boolean | readonly string[] | undefined;

/** HTTP to one controller with one credential. Every failure is an `ApiError` or an `UnreachableError`. */
export class Connection {
  readonly baseUrl: string;
  readonly #options: ConnectionOptions;

  constructor(options: ConnectionOptions) {
    this.baseUrl = trimEndOf(options.baseUrl, '/');
    this.#options = options;
  }

  /** The answer's JSON; undefined for an empty one. The caller names the type that the contract gives it. */
  async json<T>(request: ApiRequest): Promise<T> {
    const text = await this.text(request);
    return (text === '' ? undefined : JSON.parse(text)) as T; // the contract of the operation, kept by the server's own schemas
  }

  async text(request: ApiRequest): Promise<string> {
    const timeout = request.content === undefined ? [AbortSignal.timeout(this.#timeoutMs)] : [];
    const signal = AbortSignal.any([...(request.signal ? [request.signal] : []), ...timeout]);
    const response = await this.#send(request, signal);
    return response.text().catch((error) => this.#fail(error, request));
  }

  /** The answer as soon as its head is there; its body goes on until `request.signal` ends it. */
  async stream(request: ApiRequest): Promise<Response> {
    const head = new AbortController();
    const timer = setTimeout(() => head.abort(timedOut(this.#timeoutMs)), this.#timeoutMs);
    try {
      return await this.#send(request, request.signal ? AbortSignal.any([request.signal, head.signal]) : head.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  async #send(request: ApiRequest, signal: AbortSignal): Promise<Response> {
    const { fetch = globalThis.fetch, headers } = this.#options;
    const hasBody = request.body !== undefined;
    const response = await fetch(this.#url(request), {
      method: request.method ?? 'GET',
      headers: { ...headers, ...typeOf(request), ...request.headers },
      ...(hasBody && { body: JSON.stringify(request.body) }),
      ...(request.content && { body: request.content, duplex: 'half' as const }),
      signal,
      redirect: 'error',
    }).catch((error) => this.#fail(error, request));
    if (response.ok) return response;
    throw new ApiError(response, parseJson(await response.text().catch(() => '')));
  }

  #url({ path, query = {} }: ApiRequest): string {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) search.append(name, String(one));
    }
    return `${this.baseUrl}${path}${search.size === 0 ? '' : `?${search}`}`;
  }

  #fail(error: unknown, request: ApiRequest): never {
    if (request.signal?.aborted) throw request.signal.reason;
    throw unreachable(this.baseUrl, error, this.#timeoutMs);
  }

  get #timeoutMs(): number {
    return this.#options.timeoutMs ?? 60_000;
  }
}

function typeOf({ body, content }: ApiRequest): Record<string, string> {
  if (content !== undefined) return { 'content-type': 'application/octet-stream' };
  return body === undefined ? {} : { 'content-type': 'application/json' };
}

/** A path with its ids encoded: `` path`/v1/edge/hosts/${id}` ``. */
export function path(strings: TemplateStringsArray, ...ids: readonly string[]): string {
  return strings.reduce((text, part, index) => text + encodeURIComponent(ids[index - 1] ?? '') + part);
}

const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

const KNOWN_CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'the host name is unknown',
  ECONNRESET: 'the connection was reset',
  UND_ERR_SOCKET: 'the connection was closed',
  EHOSTUNREACH: 'no route to the host',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: 'it speaks TLS, and not HTTP',
  ERR_INVALID_URL: 'this is no address of a controller',
};

const REASONS: Readonly<Record<string, UnreachableReason>> = {
  CERT_NOT_YET_VALID: 'wrong_time',
  CERT_HAS_EXPIRED: 'wrong_time',
  ERR_SSL_WRONG_VERSION_NUMBER: 'plain',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'plain',
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: 'other_protocol',
  UND_ERR_SOCKET: 'hung_up',
  ECONNRESET: 'hung_up',
  ERR_INVALID_URL: 'bad_address',
};

/** What a person can act upon, out of the nested causes of fetch. */
export function unreachable(url: string, error: unknown, timeoutMs: number): UnreachableError {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new UnreachableError(url, timedOut(timeoutMs).message, { cause: error });
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as NodeJS.ErrnoException).code ?? ''; // any error may carry one
  if (UNTRUSTED.has(code)) {
    const why = 'its certificate is not of a known authority';
    return new UnreachableError(url, why, { cause: error, reason: 'untrusted' });
  }
  const why = KNOWN_CAUSES[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new UnreachableError(url, why, { cause: error, reason: reasonOf(url, code) });
}

function reasonOf(url: string, code: string): UnreachableReason {
  const isHttps = url.startsWith('https:');
  if (!isHttps && !url.startsWith('http:')) return 'bad_address';
  const reason = REASONS[code] ?? 'silent';
  return reason === 'hung_up' && isHttps ? 'silent' : reason;
}

function timedOut(ms: number): Error {
  return new Error(`no answer within ${ms / 1000} s`);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

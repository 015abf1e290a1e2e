/**
 * Between an agent and the provider of its model: a server on a socket that belongs to one slot.
 *
 * Only the methods and paths of the agents' table pass, to the one upstream of the table. What an agent sends as a
 * credential is dropped, and the real key is put in its place; no agent ever has it. Redirects are not followed and not
 * passed on. Answers pass through as they come and are read on the way for what they used. Once the budget is spent, the
 * next request is answered with 403, which agents try again least often, or is held while somebody is asked for more. Every
 * request that is passed on has a limit of time, because agents have none.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { chmodSync, chownSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  request as requestHttp,
  type Server,
  type ServerResponse,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import { StringDecoder } from 'node:string_decoder';
import type { RelayTarget } from '#protocol/agents/agent-presets.ts';
import type { SlotUser } from '../slots/slot-users.ts';
import type { BudgetGate } from './budget-gate.ts';
import type { UsageMeter } from './usage-meter.ts';
import { UsageReader } from './usage-reader.ts';

export interface RelayOptions {
  readonly socket: string;
  readonly user: SlotUser | undefined;
  readonly target: RelayTarget;
  /** Undefined: the provider is asked without one. */
  readonly key: string | undefined;
  /** What the agent has in its place: nobody else on this host may use the relay. */
  readonly ownKey: string;
  readonly meter: UsageMeter;
  readonly gate: BudgetGate;
  /** Between two pieces of an answer, and before the first. Default 120 s. */
  readonly patienceMs?: number;
}

export interface ProviderFailure {
  /** Undefined where there was no answer. */
  readonly status: number | undefined;
  readonly problem: string | undefined;
}

export interface ModelFlow {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  /** Null where the provider did not answer. */
  readonly status: number | null;
  readonly duration_ms: number;
  readonly model: string | null;
}

const MOST_FLOWS = 2_000;
const MOST_CONNECTIONS = 128;
/** In a row, of a key that is not accepted, and of anything else. */
const MOST_REFUSALS = 4;
const MOST_FAILURES = 12;
const PATIENCE_MS = 120_000;
const NOT_PASSED_ON = new Set([
  ...['host', 'connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te'],
  ...['trailer', 'transfer-encoding', 'upgrade', 'expect', 'accept-encoding', 'cookie', 'set-cookie'],
  ...['authorization', 'x-api-key', 'x-goog-api-key', 'api-key'],
]);

export class ModelRelay {
  readonly #options: RelayOptions;
  readonly #server: Server;
  readonly flows: ModelFlow[] = [];
  /** What was answered last that was no success. */
  #failure: ProviderFailure | undefined;
  /** In a row. */
  #failures = 0;
  readonly #hopeless = Promise.withResolvers<string>();

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#server = createServer({ requestTimeout: 0 }, (request, response) => this.#relay(request, response));
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  get failure(): ProviderFailure | undefined {
    return this.#failure;
  }

  /** Resolves when asking on is of no use: several agents would do it for ever. */
  get hopeless(): Promise<string> {
    return this.#hopeless.promise;
  }

  async start(): Promise<void> {
    const { socket, user } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(socket, resolve);
    });
    chmodSync(socket, 0o600);
    if (user !== undefined) chownSync(socket, user.uid, user.gid);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #answered(status: number): void {
    if (status >= 400) return this.#failed({ status, problem: undefined });
    this.#failure = undefined;
    this.#failures = 0;
  }

  #failed(failure: ProviderFailure): void {
    this.#failure = failure;
    this.#failures += 1;
    const { status = 0 } = failure;
    const most = status === 401 || status === 403 ? MOST_REFUSALS : MOST_FAILURES;
    if (this.#failures >= most)
      this.#hopeless.resolve(`the provider of the model failed ${this.#failures} times in a row`);
  }

  #relay(request: IncomingMessage, response: ServerResponse): void {
    const { target } = this.#options;
    const url = new URL(request.url ?? '/', 'http://relay');
    const method = request.method ?? 'GET';
    if (request.headers.upgrade !== undefined) return refuse(response, 426, 'the relay speaks HTTP and no web sockets');
    if (!isAllowed(target, method, url.pathname))
      return refuse(response, 404, `${method} ${url.pathname} is not relayed`);
    if (method !== 'HEAD' && !presents(this.#options.ownKey, request, url))
      return refuse(response, 401, 'the relay of this agent is for nobody else');
    request.on('error', () => {}); // whoever waits for the answer is told by its end
    if (method === 'POST') void this.#spend(request, response, url);
    else this.#forward(request, response, url);
  }

  async #spend(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const pass = await this.#options.gate.pass(() => !response.destroyed);
    if (pass.kind === 'open') this.#forward(request, response, url);
    if (pass.kind === 'closed') refuse(response, 403, `the budget of this dispatch is spent: ${pass.why}`);
  }

  #forward(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const { target, key, patienceMs = PATIENCE_MS } = this.#options;
    const startedAt = Date.now();
    url.searchParams.delete('key');
    const upstream = new URL(target.upstream.replace(/\/$/, '') + url.pathname + url.search);
    const send = upstream.protocol === 'http:' ? requestHttp : requestHttps;
    const asking = send(upstream, {
      method: request.method,
      headers: { ...passedOn(request.headers), ...credential(target, key), 'accept-encoding': 'identity' },
      timeout: patienceMs,
    });
    const tell = (status: number | null, model: string | null = null) => {
      const { method = 'GET' } = request;
      if (this.flows.length >= MOST_FLOWS) return;
      const at = new Date(startedAt).toISOString();
      this.flows.push({ at, method, path: url.pathname, status, duration_ms: Date.now() - startedAt, model });
    };
    asking.on('timeout', () => asking.destroy(new Error(`it said nothing for ${patienceMs / 1000} s`)));
    asking.on('error', (error) => {
      if (response.destroyed) return;
      this.#failure = {
        status: undefined,
        problem: `the provider of the model could not be reached: ${error.message}`,
      };
      tell(null);
      if (response.headersSent) response.destroy();
      else refuse(response, 502, 'the provider of the model could not be reached');
    });
    asking.on('response', (answer) => this.#pass(answer, response, tell));
    response.on('close', () => asking.destroy());
    request.on('error', () => asking.destroy());
    request.pipe(asking);
  }

  #pass(answer: IncomingMessage, response: ServerResponse, tell: (status: number, model: string | null) => void): void {
    const { statusCode: status = 502 } = answer;
    this.#answered(status);
    if (status >= 300 && status < 400) {
      answer.resume();
      tell(status, null);
      return refuse(response, 502, 'the provider of the model answered with a redirect, which is not followed');
    }
    const reader = new UsageReader(String(answer.headers['content-type'] ?? ''));
    const decoder = new StringDecoder('utf8');
    response.writeHead(status, passedOn(answer.headers));
    answer.on('data', (piece: Buffer) => {
      reader.push(decoder.write(piece));
      if (!response.write(piece)) {
        answer.pause();
        response.once('drain', () => answer.resume());
      }
    });
    answer.on('error', () => response.destroy());
    answer.on('close', () => {
      const told = reader.end();
      if (told !== undefined) this.#options.meter.add(told);
      tell(status, told?.model ?? null);
      if (answer.complete) response.end();
      else {
        this.#failed({ status: undefined, problem: 'the answer of the provider was cut off' });
        response.destroy();
      }
    });
  }
}

function presents(key: string, { headers }: IncomingMessage, url: URL): boolean {
  const given = [
    String(headers.authorization ?? '').replace(/^Bearer /i, ''),
    String(headers['x-api-key'] ?? ''),
    String(headers['x-goog-api-key'] ?? ''),
    url.searchParams.get('key') ?? '',
  ];
  const wanted = createHash('sha256').update(key).digest();
  return given.some((one) => timingSafeEqual(createHash('sha256').update(one).digest(), wanted));
}

/** A path that ends in `*` stands for what begins with it; another for itself and what is below it. */
function isAllowed({ allowed }: RelayTarget, method: string, path: string): boolean {
  if (path.includes('//') || /%2e|%2f|%5c|\\/i.test(path)) return false;
  return allowed.some(([allowedMethod, allowedPath]) => {
    if (method !== allowedMethod) return false;
    if (allowedPath.endsWith('*')) return path.startsWith(allowedPath.slice(0, -1));
    return path === allowedPath || (allowedPath !== '/' && path.startsWith(`${allowedPath}/`));
  });
}

function passedOn(headers: IncomingMessage['headers']): Record<string, string | string[]> {
  const named = new Set(
    String(headers.connection ?? '')
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]): [string, string | string[]][] =>
      value === undefined || NOT_PASSED_ON.has(name) || named.has(name) ? [] : [[name, value]],
    ),
  );
}

function credential({ keyHeader }: RelayTarget, key: string | undefined): Record<string, string> {
  if (key === undefined) return {};
  return { [keyHeader]: keyHeader === 'authorization' ? `Bearer ${key}` : key };
}

function refuse(response: ServerResponse, status: number, message: string): void {
  const body = JSON.stringify({ type: 'error', error: { type: 'relay_error', code: status, message } });
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(body);
}

/**
 * The operations of every surface, called from within: a tool calls an operation as its caller would over the network, with the
 * same credential and through the same plumbing, so scope, rate, validation, idempotency and audit are those of the operation.
 */
import type { FastifyInstance } from 'fastify';
import type { Operation } from '#surfaces/http/operation.ts';
import type { Surface } from '#surfaces/http/surface.ts';

export interface Caller {
  readonly credential: string;
  readonly address: string;
}

export interface OperationInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
}

export interface ApiAnswer {
  readonly status: number;
  /** As JSON has it; undefined where there is none. */
  readonly body: unknown;
  /** By which the log and the audit log know it. */
  readonly requestId: string;
  /** Where it was refused for a while. */
  readonly retryAfterMs?: number;
}

export interface KnownOperation {
  readonly surface: Surface;
  readonly operation: Operation;
}

/** `agent-dispatch.createDispatch`: two surfaces may call an operation alike. */
export function nameOf({ surface, operation }: KnownOperation): string {
  return `${surface.name}.${operation.operationId}`;
}

export class OwnApi {
  readonly operations: ReadonlyMap<string, KnownOperation>;
  readonly #app: () => FastifyInstance;

  constructor(surfaces: readonly Surface[], app: () => FastifyInstance) {
    this.#app = app;
    const known = surfaces.flatMap((surface) => surface.operations.map((operation) => ({ surface, operation })));
    this.operations = new Map(known.map((one) => [nameOf(one), one]));
  }

  find(name: string): KnownOperation | undefined {
    return this.operations.get(name);
  }

  async call(caller: Caller, name: string, input: OperationInput = {}): Promise<ApiAnswer> {
    const known = this.find(name);
    if (known === undefined) throw new Error(`there is no operation ${name}`);
    const { method, path } = known.operation;
    const response = await this.#app().inject({
      method,
      url: pathWith(path, input.params ?? {}),
      query: queryWith(input.query ?? {}),
      remoteAddress: caller.address,
      headers: {
        authorization: `Bearer ${caller.credential}`,
        'x-api-key': caller.credential,
        ...(input.idempotencyKey !== undefined && { 'idempotency-key': input.idempotencyKey }),
        ...(input.body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(input.body !== undefined && { payload: JSON.stringify(input.body) }),
      payloadAsStream: true,
    });
    const requestId = String(response.headers['x-request-id']);
    const text = await textOf(response.stream());
    if (text === undefined) return { ...TOO_LARGE, requestId };
    const seconds = Number(response.headers['retry-after']);
    const retry = Number.isFinite(seconds) && { retryAfterMs: seconds * 1_000 };
    return { status: response.statusCode, body: parse(text), requestId, ...retry };
  }
}

/** An answer for a model is a few kilobytes; what is cut down to them must not fill this process before. */
const MOST_ANSWER_BYTES = 4_194_304;

const TOO_LARGE = {
  status: 413,
  body: { code: 'answer_too_large', message: 'the answer is larger than 4 MiB: ask for a page, or for less of it' },
};

/** Undefined when it is more than is taken: the rest is not read. */
async function textOf(stream: AsyncIterable<Buffer | string>): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stream) {
    const read = Buffer.from(part);
    bytes += read.length;
    if (bytes > MOST_ANSWER_BYTES) return undefined; // leaving the loop destroys the stream
    parts.push(read);
  }
  return Buffer.concat(parts).toString('utf8');
}

function pathWith(path: string, params: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

function queryWith(query: Readonly<Record<string, unknown>>): Record<string, string | string[]> {
  const said = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(
    said.map(([name, value]) => [name, Array.isArray(value) ? value.map(String) : String(value)]),
  );
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

import type { Static, TSchema } from 'typebox';
import type { Context } from '#core/kernel/context.ts';
import type { FleetErrorCode } from '#core/kernel/fleet-error.ts';
import type { EventStream } from './event-stream.ts';
import type { HttpRequest } from './request.ts';

/**
 * An operation is data: who may call it, what it reads, what it answers, and the one use case it calls. The plumbing
 * does the rest in this order: authentication, rate, scope, form of path, body and query, idempotency, handler, audit.
 */
export interface Operation {
  readonly method: HttpMethod;
  /** With parameters in braces: `/v1/orgs/{org_id}/outposts`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  /** Not in the contract of the surface. */
  readonly isExtension?: boolean;

  readonly principals: readonly PrincipalKind[];
  /** The scope that opens it; one of several where an array is given. */
  readonly scope?: string | readonly string[];
  readonly rateClass?: RateClass;
  /** What the audit log calls it; every operation that changes something has one. */
  readonly auditAction?: string;

  readonly params?: TSchema;
  readonly query?: TSchema;
  /** The body is handed on as it comes, in place of `body`. */
  readonly bodyStream?: BodyStream;
  /** An empty body is read as `{}`. */
  readonly body?: TSchema;
  /** Default: the surface's. */
  readonly bodyLimitBytes?: number;
  readonly responses: Readonly<Record<number, ResponseSpec>>;
  /** Beyond the ones every operation of the surface has by its nature (see `errorsOf`). */
  readonly errors: readonly FleetErrorCode[];

  /** Accepts `Idempotency-Key`. */
  readonly isIdempotent?: boolean;
  /** The answer holds a secret that is kept nowhere: a replay is refused with `conflict` instead of repeating it. */
  readonly hasSecretAnswer?: boolean;
  /** The answer is sent as it is, without the surface's envelope. */
  readonly isBare?: boolean;

  handler(ctx: Context, input: Input): Promise<Answer>;
}

export interface BodyStream {
  readonly contentType: string;
  readonly maxBytes: number;
}

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** `public`: callers need no credential. `master`: the master key. The others are kinds of principals. */
export type PrincipalKind = 'public' | 'master' | 'key' | 'user' | 'service' | 'node';

/** A token bucket for each principal (or address, for public operations and by choice). */
export interface RateClass {
  readonly name: string;
  /** Requests that may come at once. */
  readonly burst: number;
  readonly perMinute: number;
  readonly by: 'principal' | 'address';
  /** Whether answers carry X-RateLimit-Limit, -Remaining and -Reset. */
  readonly hasHeaders?: boolean;
}

export interface ResponseSpec {
  readonly description: string;
  /** Schema of the body as it is sent, before the surface's envelope. Without it there is no body. */
  readonly schema?: TSchema;
  /** Default: `application/json` where there is a schema. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Input<Params = unknown, Query = unknown, Body = unknown> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly request: HttpRequest;
  /** Where the operation takes a `bodyStream`: what comes, once. */
  readonly stream?: AsyncIterable<Uint8Array>;
}

export type Answer = BodyAnswer | StreamAnswer;

export interface BodyAnswer {
  readonly status: number;
  /** An object is sent as JSON, in the surface's envelope; a string, buffer or stream as it is, with `contentType`. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the audit row says beside who, what and outcome. Default object: the last path parameter. */
  readonly audit?: { readonly object?: string; readonly facts?: Readonly<Record<string, unknown>> };
}

export interface StreamAnswer {
  readonly status: 200;
  readonly headers?: Readonly<Record<string, string>>;
  readonly audit?: BodyAnswer['audit'];
  /** Writes server-sent events; the response ends when it returns. */
  stream(events: EventStream): Promise<void>;
}

export function isStream(answer: Answer): answer is StreamAnswer {
  return 'stream' in answer;
}

type Read<Schema> = Schema extends TSchema ? Static<Schema> : undefined;

/** An operation that has not been given what its use case needs: a constant. */
export interface Declared<Deps> extends Omit<Operation, 'handler'> {
  handler(ctx: Context, deps: Deps, input: Input): Promise<Answer>;
}

type Declaration<Deps, Params, Query, Body> = Omit<Operation, 'params' | 'query' | 'body' | 'handler'> & {
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  handler(ctx: Context, deps: Deps, input: Input<Read<Params>, Read<Query>, Read<Body>>): Promise<Answer>;
};

/** What a surface declares its operations with: handlers are given its dependencies, and input of the types of their schemas. */
export function operationsFor<Deps>() {
  return function defineOperation<
    Params extends TSchema | undefined = undefined,
    Query extends TSchema | undefined = undefined,
    Body extends TSchema | undefined = undefined,
  >(declaration: Declaration<Deps, Params, Query, Body>): Declared<Deps> {
    // the plumbing calls the handler with what exactly these schemas have read
    return declaration as Declared<Deps>;
  };
}

export function withDeps<Deps>(declared: readonly Declared<Deps>[], deps: Deps): Operation[] {
  return declared.map((one) => ({ ...one, handler: (ctx, input) => one.handler(ctx, deps, input) }));
}

/** The errors an operation can answer with by its nature, and those it declares. */
export function errorsOf(operation: Operation): readonly FleetErrorCode[] {
  const codes = new Set<FleetErrorCode>(operation.errors);
  if (!operation.principals.includes('public')) codes.add('unauthenticated');
  if (operation.scope !== undefined) codes.add('insufficient_scope');
  if (operation.rateClass !== undefined || answersWithStream(operation)) codes.add('rate_limited');
  if (operation.params !== undefined || operation.query !== undefined) codes.add('malformed');
  if (operation.body !== undefined) {
    for (const code of ['unreadable', 'malformed', 'unsupported_media_type', 'too_large'] as const) codes.add(code);
  }
  if (operation.bodyStream !== undefined) {
    for (const code of ['unsupported_media_type', 'too_large'] as const) codes.add(code);
  }
  if (operation.isIdempotent) codes.add('conflict');
  return [...codes];
}

/** Its answer lives as long as its reader: it takes a place of its caller. */
export function answersWithStream({ responses }: Pick<Operation, 'responses'>): boolean {
  return responses[200]?.contentType === 'text/event-stream';
}

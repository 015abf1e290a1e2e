import type { TSchema } from 'typebox';
import type { Principal } from '#core/kernel/context.ts';
import type { FleetError } from '#core/kernel/fleet-error.ts';
import type { EventDescription } from './event-description.ts';
import type { OperationExamples } from './examples.ts';
import { type Declared, type Operation, withDeps } from './operation.ts';
import type { HttpRequest } from './request.ts';
import type { Violation } from './violations.ts';

/**
 * One contract: its operations, who its callers are, and how it says yes and no. Everything else about HTTP is the
 * plumbing's. A surface is registered as an encapsulated plugin; nothing of it leaks into another.
 */
export interface Surface {
  /** As in `/openapi/{name}.json`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly version: string;
  /** Unknown routes below one of these are answered in this surface's body; the longest prefix wins. */
  readonly prefixes: readonly string[];
  readonly operations: readonly Operation[];
  /** What the tags of its operations stand for, for the documents. */
  readonly tagDescriptions?: Readonly<Record<string, string>>;
  /** Names of schemas, for the documents: each is written once, under its name. */
  readonly schemas?: Readonly<Record<string, unknown>>;
  /** Operation id → what its body looks like, for the documents, where that says more than what is checked of it first. */
  readonly documentedBodies?: Readonly<Record<string, TSchema>>;
  /** A request of every operation that takes something. */
  readonly examples?: OperationExamples;
  /** What it tells by itself, for the documents. */
  readonly events?: readonly EventDescription[];
  /** OpenAPI security schemes by name; an operation that is not public takes any of them. */
  readonly securitySchemes: Readonly<Record<string, object>>;
  /** Default 1 MiB. */
  readonly bodyLimitBytes?: number;
  /** An unknown query parameter is `malformed` instead of being ignored. */
  readonly isQueryStrict?: boolean;

  /** @throws FleetError `unauthenticated` without a good credential. */
  authenticate(request: HttpRequest, operation: Operation): Promise<Principal>;
  /** Pure and total over the codes: it also tells the documents which status a code has. */
  renderError(error: FleetError, about: RequestFacts): RenderedError;
  /** How the body of an error looks, for the documents. */
  readonly errorSchema: TSchema;
  readonly errorContentType?: string;
  /** Message and details of a request that breaks its schema; default: `describeViolations`. */
  describeViolations?(violations: readonly Violation[]): ViolationReport;
  /** The envelope of successful JSON bodies. */
  wrapSuccess?(body: unknown, about: RequestFacts): unknown;
  /** The schema of `wrapSuccess`, for the documents. */
  wrapSchema?(schema: TSchema): TSchema;
}

/** How every surface finds out who calls. @throws FleetError `unauthenticated` without a good credential. */
export type Authenticate<Deps> = (deps: Deps, request: HttpRequest, operation: Operation) => Promise<Principal>;

/** A surface that has not been given what its use cases need. */
export interface DeclaredSurface<Deps> extends Omit<Surface, 'operations' | 'authenticate'> {
  readonly operations: readonly Declared<Deps>[];
  readonly authenticate: Authenticate<Deps>;
}

export function surfaceWith<Deps>(declared: DeclaredSurface<Deps>, deps: Deps): Surface {
  return {
    ...declared,
    operations: withDeps(declared.operations, deps),
    authenticate: (request, operation) => declared.authenticate(deps, request, operation),
  };
}

export interface RequestFacts {
  readonly requestId: string;
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly at: Date;
}

export interface RenderedError {
  readonly status: number;
  /** An object is sent as JSON. */
  readonly body: unknown;
  /** Default `application/json`. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ViolationReport {
  readonly message: string;
  readonly details: Readonly<Record<string, readonly string[]>>;
}

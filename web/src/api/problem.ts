import { words } from '../words/words.ts';

/** Why the controller did not do something, in the shape that every screen shows. */
export class Problem extends Error {
  /** The status of the answer; 0 when there was none. */
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;
  /** The scope that would have been needed, where the answer names it. */
  readonly scope: string | undefined;

  constructor(
    message: string,
    facts: {
      status: number;
      code: string;
      requestId?: string | undefined;
      scope?: string | undefined;
      cause?: unknown;
    },
  ) {
    super(message, { cause: facts.cause });
    this.name = 'Problem';
    this.status = facts.status;
    this.code = facts.code;
    this.requestId = facts.requestId;
    this.scope = facts.scope;
  }

  get isSignedOut(): boolean {
    return this.status === 401;
  }

  get isMissing(): boolean {
    return this.status === 404;
  }

  get isForbidden(): boolean {
    return this.status === 403;
  }
}

export function unreachable(cause: unknown): Problem {
  return new Problem(words.problem.unreachable, { status: 0, code: 'unreachable', cause });
}

/** Reads the three shapes of refusals that the surfaces have. */
export async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => undefined);
  return readProblem(body, response.status, response.headers.get('x-request-id') ?? undefined);
}

const SCOPE = /\b(?:[a-z_]+[.:])+[a-z_]+\b/;

export function readProblem(body: unknown, status: number, requestId: string | undefined): Problem {
  const outer = fieldsOf(body);
  const inner = fieldsOf(outer.error);
  const message =
    textOf(outer.detail) ??
    textOf(outer.message) ??
    textOf(inner.message) ??
    textOf(outer.title) ??
    words.problem.withoutWords(status);
  const code = textOf(outer.code) ?? textOf(inner.code) ?? textOf(outer.error) ?? `http_${status}`;
  const scope = textOf(outer.scope) ?? (status === 403 ? SCOPE.exec(message)?.[0] : undefined);
  return new Problem(message, { status, code, requestId: textOf(outer.request_id) ?? requestId, scope });
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}; // fields are checked one by one
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The controller answered, and the answer is a refusal. One form for the error bodies of all surfaces. */
export class ApiError extends Error {
  readonly status: number;
  /** The surface's own stable code, or `http_<status>` where the body is not one of ours. */
  readonly code: string;
  /** Field → what is wrong with it. */
  readonly details: Readonly<Record<string, readonly string[]>>;
  readonly requestId: string | null;
  readonly retryAfterSeconds: number | null;
  /** As it came, for refusals that say more than all others do. */
  readonly body: unknown;

  constructor(response: Response, body: unknown) {
    const { code, message, details } = readRefusal(body);
    super(message ?? `the server answered ${response.status} ${response.statusText}`.trimEnd());
    this.name = 'ApiError';
    this.status = response.status;
    this.code = code ?? `http_${response.status}`;
    this.details = details;
    this.body = body;
    this.requestId = response.headers.get('x-request-id');
    this.retryAfterSeconds = readSeconds(response.headers.get('retry-after'));
  }
}

/** There was no answer: nobody listens there, the name is unknown, the connection broke, or it took too long. */
export class UnreachableError extends Error {
  readonly url: string;
  readonly reason: UnreachableReason;

  constructor(url: string, why: string, options: { readonly cause: unknown; readonly reason?: UnreachableReason }) {
    super(why, { cause: options.cause });
    this.name = 'UnreachableError';
    this.url = url;
    this.reason = options.reason ?? 'silent';
  }
}

/** What the person in front of it can do something about. */
export type UnreachableReason =
  /** Nobody answers there. */
  | 'silent'
  /** The address is none that can be asked. */
  | 'bad_address'
  /** The certificate there is not of an authority that is known here. */
  | 'untrusted'
  /** The certificate there is not yet, or no longer, valid by this machine's clock. */
  | 'wrong_time'
  /** What listens there hung up on plain HTTP, as a port does that speaks TLS. */
  | 'hung_up'
  /** What listens there does not speak TLS. */
  | 'plain'
  /** What listens there speaks TLS and not HTTP: the port for nodes. */
  | 'other_protocol';

interface Refusal {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly details: Record<string, string[]>;
}

/**
 * The bodies: RFC 9457 problems `{title, detail, code}` (edge-fleet, native), `{error: {code, message, details}}`
 * (edge-admin) and `{error, message, detail}` (org-outposts).
 */
function readRefusal(body: unknown): Refusal {
  if (!isRecord(body)) return { details: {} };
  if (isRecord(body.error)) {
    return { code: text(body.error.code), message: text(body.error.message), details: readDetails(body.error.details) };
  }
  if (typeof body.error === 'string') {
    return { code: body.error, message: sentence(text(body.message), text(body.detail)), details: {} };
  }
  return {
    code: text(body.code),
    message: text(body.detail) ?? text(body.title) ?? text(body.message),
    details: readDetails(body.errors ?? body.details),
  };
}

function sentence(message: string | undefined, detail: string | undefined): string | undefined {
  if (message === undefined || detail === undefined || message.includes(detail)) return message ?? detail;
  return `${message}: ${detail}`;
}

function readDetails(value: unknown): Record<string, string[]> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([field, problems]) => [
      field,
      (Array.isArray(problems) ? problems : [problems]).map(String),
    ]),
  );
}

function readSeconds(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

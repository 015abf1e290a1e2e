import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Clock } from '#core/kernel/clock.ts';
import type { Context, Principal } from '#core/kernel/context.ts';
import type { FleetError } from '#core/kernel/fleet-error.ts';
import type { TenantId } from '#core/kernel/ids.ts';
import type { BodyAnswer } from './operation.ts';
import type { ClientCertificate, HttpRequest } from './request.ts';

export interface ExchangeParts {
  readonly id: string;
  readonly raw: IncomingMessage;
  readonly response: ServerResponse;
  readonly params: Readonly<Record<string, string>>;
  readonly address: string;
  readonly isFromTrustedProxy: boolean;
  readonly clock: Clock;
}

/** One request and what becomes known of it on the way through the plumbing. */
export class Exchange implements HttpRequest {
  readonly id: string;
  readonly params: Readonly<Record<string, string>>;
  readonly address: string;
  readonly isFromTrustedProxy: boolean;
  readonly #raw: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  #headers: HttpRequest['headers'];
  #abort: AbortController | undefined;

  principal: Principal | undefined;
  /** What the audit row will say. */
  audit: BodyAnswer['audit'];
  error: FleetError | undefined;
  isAudited = false;

  constructor(parts: ExchangeParts) {
    this.id = parts.id;
    this.params = parts.params;
    this.address = parts.address;
    this.isFromTrustedProxy = parts.isFromTrustedProxy;
    this.#raw = parts.raw;
    this.#headers = parts.raw.headers;
    this.#response = parts.response;
    this.#clock = parts.clock;
  }

  get method(): string {
    return this.#raw.method ?? '';
  }

  get url(): string {
    return this.#raw.url ?? '';
  }

  get headers(): HttpRequest['headers'] {
    return this.#headers;
  }

  /** Whether the client's own connection, or that of a configured proxy's client, is TLS. */
  get isSecure(): boolean {
    if (this.#raw.socket instanceof TLSSocket) return true;
    return this.isFromTrustedProxy && this.#raw.headers['x-forwarded-proto'] === 'https';
  }

  /** The request counts as if it had been sent with this credential. */
  presentCredential(secret: string): void {
    this.#headers = { ...this.#raw.headers, authorization: `Bearer ${secret}`, 'x-api-key': secret };
  }

  /** Aborted when the client has left before the answer was finished. Made when somebody asks for it. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      this.#abort = abort;
      if (this.#hasLeft) abort.abort();
      else this.#response.once('close', () => this.#hasLeft && abort.abort());
    }
    return this.#abort.signal;
  }

  get #hasLeft(): boolean {
    return this.#response.destroyed && !this.#response.writableFinished;
  }

  context(principal: Principal): Context {
    return new ExchangeContext(this, principal, this.#clock);
  }

  clientCertificate(): ClientCertificate | undefined {
    const { socket } = this.#raw;
    if (!(socket instanceof TLSSocket)) return undefined;
    const der: Buffer | undefined = socket.getPeerCertificate()?.raw; // there is none where the peer has none
    if (der === undefined) return undefined;
    const problem = socket.authorized ? undefined : authorizationProblem(socket);
    return { der, isTrusted: socket.authorized, problem };
  }
}

class ExchangeContext implements Context {
  readonly principal: Principal;
  readonly clock: Clock;
  readonly #exchange: Exchange;

  constructor(exchange: Exchange, principal: Principal, clock: Clock) {
    this.#exchange = exchange;
    this.principal = principal;
    this.clock = clock;
  }

  get tenantId(): TenantId {
    return this.principal.tenantId;
  }

  get requestId(): string {
    return this.#exchange.id;
  }

  get signal(): AbortSignal {
    return this.#exchange.signal;
  }
}

/** Typed as an Error, and in truth OpenSSL's name of it. */
function authorizationProblem({ authorizationError }: TLSSocket): string {
  return authorizationError instanceof Error ? authorizationError.message : String(authorizationError);
}

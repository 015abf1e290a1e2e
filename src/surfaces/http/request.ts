/** A request as surfaces see it: nothing of the framework, nothing that has not been checked or is not plain text. */
export interface HttpRequest {
  readonly id: string;
  readonly method: string;
  /** Path and query as they were sent. */
  readonly url: string;
  /** Path parameters, decoded, before any schema has read them. */
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Address of the client; taken from X-Forwarded-For only when the peer is a configured proxy. */
  readonly address: string;
  /** Whether the peer itself is a configured proxy: only then may headers speak for somebody else. */
  readonly isFromTrustedProxy: boolean;
  /** Whether the client's own connection, or that of a configured proxy's client, is TLS. */
  readonly isSecure: boolean;
  /** What the client presented on the TLS listener; undefined on plain connections and without one. */
  clientCertificate(): ClientCertificate | undefined;
}

export interface ClientCertificate {
  /** DER. */
  readonly der: Buffer;
  /** Whether the chain ends at our CA and the dates fit; revocation is not looked at here. */
  readonly isTrusted: boolean;
  /** OpenSSL's name of what is wrong, such as `CERT_HAS_EXPIRED`. */
  readonly problem: string | undefined;
}

/** The first value of a header, or undefined. */
export function header(request: Pick<HttpRequest, 'headers'>, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The credential of `Authorization: Bearer …`. */
export function bearerCredential(request: Pick<HttpRequest, 'headers'>): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(header(request, 'authorization') ?? '')?.[1];
}

import { X509Certificate } from 'node:crypto';

/** A certificate of ours is below 1 KB; escaped, below 2 KB. */
const MAX_LENGTH = 16 * 1024;
const PEM = /^\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * The certificate in `X-SSL-Client-Cert`, DER: URL-escaped PEM (nginx's `$ssl_client_escaped_cert`), PEM whose lines are
 * joined by tabs (`$ssl_client_cert`), or base64 DER (HAProxy, Envoy). Undefined when it is none of them.
 */
export function readForwardedCertificate(value: string): Buffer | undefined {
  if (value.length > MAX_LENGTH) return undefined;
  const text = value.includes('%') ? unescaped(value) : value;
  const base64 = PEM.exec(text ?? '')?.[1]?.replaceAll(/\s/g, '') ?? text?.trim();
  if (base64 === undefined || !BASE64.test(base64)) return undefined;
  try {
    return new X509Certificate(Buffer.from(base64, 'base64')).raw;
  } catch {
    return undefined; // OpenSSL says only that it cannot be read
  }
}

function unescaped(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

import { DaemonError } from '../daemon-error.ts';
import { MAX_ENDPOINTS } from '../session/endpoint-list.ts';

/** What a join secret says besides being one. */
export interface JoinSecret {
  /** As the operator got it, and as the controller wants it. */
  readonly secret: string;
  /** host:port of node listeners. */
  readonly endpoints: readonly string[];
  /** SHA-256 of the root certificate (DER), hex; undefined when the secret does not say. */
  readonly caSha256: string | undefined;
}

const SCHEME = 'aegis-edge-enroll://';

/**
 * Reads an Edge Admin enrolment key (base64 of JSON), an edge-fleet token (JWT), or the payload of its QR code. What is
 * in it is not verified here: that is the controller's business, and the controller is verified by the hash.
 * @throws DaemonError `join_secret_unusable`
 */
export function readJoinSecret(text: string): JoinSecret {
  const secret = text.trim().replace(SCHEME, '');
  const parts = secret.split('.');
  const claims = readJson(Buffer.from(parts.length === 3 ? (parts[1] ?? '') : secret, 'base64'));
  if (claims === undefined) {
    throw new DaemonError(
      'join_secret_unusable',
      'this is neither an enrolment key nor an enrolment token; copy the whole of it, without a line break',
    );
  }
  const endpoints = [...new Set([...textsOf(claims.cep), ...textsOf(claims.endpoints)])].slice(0, MAX_ENDPOINTS);
  const hash = [claims.ca, claims.ca_sha256].find(
    (value) => typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value),
  );
  return { secret, endpoints, caSha256: typeof hash === 'string' ? hash.toLowerCase() : undefined };
}

function readJson(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined; // an object
  } catch {
    return undefined;
  }
}

function textsOf(value: unknown): string[] {
  const values = Array.isArray(value) ? value : [value];
  return values.filter((item): item is string => typeof item === 'string' && item !== '');
}

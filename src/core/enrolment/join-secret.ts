import { randomBytes } from 'node:crypto';
import { Secret } from '../kernel/secret.ts';

/** Where a host that joins finds the controllers, and what it may trust there. */
export interface JoinAddresses {
  /** Base URLs of the API. */
  readonly adminUrls: readonly string[];
  /** host:port of the node listeners, first preferred. */
  readonly endpoints: readonly string[];
}

/**
 * The blob of an enrolment key (seed 001): base64 of JSON, so that a host knows from the key alone whom to dial and what
 * certificate to expect. The nonce is the secret; the whole blob is looked up by its hash.
 */
export function newKeyBlob({ adminUrls, endpoints }: JoinAddresses, caSha256: string): Secret {
  const nonce = randomBytes(32).toString('base64url'); // 43 characters
  const content = { admin_urls: adminUrls, endpoints, nonce, ca_sha256: caSha256 };
  return new Secret(Buffer.from(JSON.stringify(content), 'utf8').toString('base64'));
}

/** A token is a JWT: three parts with dots between. Base64 has none. */
export function isToken(joinSecret: Secret): boolean {
  return joinSecret.reveal().split('.').length === 3;
}

import { createHmac } from 'node:crypto';

export interface SignedRequest {
  readonly id: string;
  readonly body: Buffer;
  /** The one that signs first. */
  readonly secrets: readonly string[];
  /** Whole seconds since 1970. */
  readonly timestamp: number;
}

/**
 * `X-Edge-Signature` as the contract has it: hex HMAC-SHA256 of the body by the first secret. Beside it Standard Webhooks, with
 * one signature for each secret: of id, time and body, so that nothing can be played back later. The id stays over retries, the
 * time is that of the attempt.
 */
export function signatureHeaders({ id, body, secrets, timestamp }: SignedRequest): Record<string, string> {
  const [first = ''] = secrets;
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const signatures = secrets.map((secret) => `v1,${hmac(keyOf(secret), signed).toString('base64')}`);
  return {
    'x-edge-signature': `sha256=${hmac(Buffer.from(first), body).toString('hex')}`,
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}

/** A secret in the form of Standard Webhooks is what it stands for; any other is its own bytes. */
export function keyOf(secret: string): Buffer {
  const encoded = secret.startsWith('whsec_') ? secret.slice(6) : '';
  const decoded = Buffer.from(encoded, 'base64');
  return encoded !== '' && decoded.toString('base64') === encoded ? decoded : Buffer.from(secret);
}

function hmac(key: Buffer, text: Buffer): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

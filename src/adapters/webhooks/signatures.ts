import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** The secrets of a webhook, made ready once: a key that is made for each signature costs several times the signature. */
export interface SigningKeys {
  /** The bytes of the first secret as they are. */
  readonly contract: KeyObject;
  /** Those of Standard Webhooks, the one that signs first. */
  readonly standard: readonly KeyObject[];
}

export interface SignedRequest {
  readonly id: string;
  readonly body: Buffer;
  readonly keys: SigningKeys;
  /** Whole seconds since 1970. */
  readonly timestamp: number;
}

/** @param secrets the one that signs first */
export function signingKeys(secrets: readonly string[]): SigningKeys {
  const [first = ''] = secrets;
  return {
    contract: createSecretKey(Buffer.from(first)),
    standard: secrets.map((secret) => createSecretKey(keyOf(secret))),
  };
}

/**
 * `X-Edge-Signature` as the contract has it: hex HMAC-SHA256 of the body by the first secret. Beside it Standard Webhooks, with
 * one signature for each secret: of id, time and body, so that nothing can be played back later. The id stays over retries, the
 * time is that of the attempt.
 */
export function signatureHeaders({ id, body, keys, timestamp }: SignedRequest): Record<string, string> {
  const head = `${id}.${timestamp}.`;
  const signatures = keys.standard.map(
    (key) => `v1,${createHmac('sha256', key).update(head).update(body).digest('base64')}`,
  );
  return {
    'x-edge-signature': `sha256=${createHmac('sha256', keys.contract).update(body).digest('hex')}`,
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}

/** A secret in the form of Standard Webhooks is what it stands for; any other is its own bytes. */
function keyOf(secret: string): Buffer {
  const encoded = secret.startsWith('whsec_') ? secret.slice(6) : '';
  const decoded = Buffer.from(encoded, 'base64');
  return encoded !== '' && decoded.toString('base64') === encoded ? decoded : Buffer.from(secret);
}

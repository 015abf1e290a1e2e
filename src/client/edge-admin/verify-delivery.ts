import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a receiver has got: the bytes of the body as they came, and the headers, by their names in lower case. */
export interface ReceivedDelivery {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly secret: string;
  readonly now: Date;
}

/** What Standard Webhooks tolerates between the clocks of both sides. */
const TOLERANCE_SECONDS = 300;

/**
 * Why a delivery is not to be trusted; undefined when it is. The signature of Standard Webhooks counts where there is one: it
 * covers the time, so that nothing can be sent a second time later. Else that of the contract of Edge Admin.
 */
export function whyNotGenuine({ body, headers, secret, now }: ReceivedDelivery): string | undefined {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (id === undefined || timestamp === undefined || signatures === undefined) {
    const own = headers['x-edge-signature'];
    if (own === undefined)
      return 'there is no signature: webhook-id, webhook-timestamp and webhook-signature, or x-edge-signature';
    const wanted = createHmac('sha256', secret).update(body).digest('hex');
    return isSame(own, `sha256=${wanted}`) ? undefined : 'the signature is not one of this secret over this body';
  }
  const age = now.getTime() / 1_000 - Number(timestamp);
  if (!(Math.abs(age) <= TOLERANCE_SECONDS)) {
    return `it was signed ${Math.round(age)} s ago: later than ${TOLERANCE_SECONDS} s it may have been sent by somebody else`;
  }
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const wanted = createHmac('sha256', keyOf(secret)).update(signed).digest('base64');
  const isGenuine = signatures.split(' ').some((one) => isSame(one, `v1,${wanted}`));
  return isGenuine ? undefined : 'no signature is one of this secret over this body, id and time';
}

function keyOf(secret: string): Buffer {
  const encoded = secret.startsWith('whsec_') ? secret.slice(6) : '';
  const decoded = Buffer.from(encoded, 'base64');
  return encoded !== '' && decoded.toString('base64') === encoded ? decoded : Buffer.from(secret);
}

function isSame(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other)];
  return first.length === second.length && timingSafeEqual(first, second);
}

/** Lines of `Name: value`, as curl and proxies print them; others are left out. */
export function readHeaderLines(text: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  return headers;
}

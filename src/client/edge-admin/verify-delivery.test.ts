import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { signatureHeaders, signingKeys } from '#adapters/webhooks/signatures.ts';
import { readHeaderLines, whyNotGenuine } from './verify-delivery.ts';

const secret = 'a-secret-of-thirty-two-characters-or-more';
const body = Buffer.from('{"id":"1","text":"zwölf"}');
const now = new Date('2026-11-28T12:00:00Z');
const timestamp = now.getTime() / 1_000;
const headers = signatureHeaders({ id: 'evt', body, keys: signingKeys([secret]), timestamp });

test('what the controller signs is genuine, by either signature', () => {
  expect(whyNotGenuine({ body, headers, secret, now })).toBeUndefined();
  const own = { 'x-edge-signature': headers['x-edge-signature'] ?? '' };
  expect(whyNotGenuine({ body, headers: own, secret, now })).toBeUndefined();
});

test('what the library of Standard Webhooks signs is genuine too', () => {
  const whsec = `whsec_${Buffer.from(secret).toString('base64')}`;
  const signature = new Webhook(whsec).sign('evt', now, body.toString());
  const signed = { 'webhook-id': 'evt', 'webhook-timestamp': String(timestamp), 'webhook-signature': signature };
  expect(whyNotGenuine({ body, headers: signed, secret, now })).toBeUndefined();
  expect(whyNotGenuine({ body, headers: signed, secret: whsec, now })).toBeUndefined();
});

test('while a secret is rotated both are good', () => {
  const both = signatureHeaders({ id: 'evt', body, keys: signingKeys(['another-secret', secret]), timestamp });
  for (const one of ['another-secret', secret])
    expect(whyNotGenuine({ body, headers: both, secret: one, now })).toBeUndefined();
});

test.each([
  ['another body', { body: Buffer.from('{}') }, /no signature/],
  ['another secret', { secret: 'x'.repeat(32) }, /no signature/],
  ['another id', { headers: { ...headers, 'webhook-id': 'other' } }, /no signature/],
  ['a time long ago', { now: new Date(now.getTime() + 310_000) }, /310 s ago/],
  ['a time to come', { now: new Date(now.getTime() - 310_000) }, /-310 s ago/],
  ['no signature', { headers: {} }, /there is no signature/],
])('%s is not genuine', (_, changed, why) => {
  expect(whyNotGenuine({ body, headers, secret, now, ...changed })).toMatch(why);
});

test('headers are read from lines, whatever their case and line ends', () => {
  expect(readHeaderLines('POST /hook HTTP/1.1\r\nWebhook-Id: evt\r\nX-A:b:c\r\n\r\n')).toEqual({
    'webhook-id': 'evt',
    'x-a': 'b:c',
  });
});

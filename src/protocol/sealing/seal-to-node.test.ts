import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { openSealed, sealingKeyOf, sealToNode } from './seal-to-node.ts';

const newKey = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

test('opens what was sealed to the key of a node, for what it was sealed', () => {
  const key = newKey();
  const sealed = sealToNode(sealingKeyOf(key), '{"secrets":{"TOKEN":"wörd"}}', 'dsp_1');
  expect(openSealed(key, sealed, 'dsp_1')).toBe('{"secrets":{"TOKEN":"wörd"}}');
  expect(Buffer.from(sealed, 'base64').includes('TOKEN')).toBe(false);
});

test('opens with no other key, for nothing else, and not when a bit has changed', () => {
  const key = newKey();
  const sealed = sealToNode(sealingKeyOf(key), 'secret', 'dsp_1');
  expect(openSealed(newKey(), sealed, 'dsp_1')).toBeUndefined();
  expect(openSealed(key, sealed, 'dsp_2')).toBeUndefined();
  for (const at of [0, 1, 40, 70, 80, -1]) {
    const bytes = Buffer.from(sealed, 'base64');
    const place = at < 0 ? bytes.length + at : at;
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    expect(openSealed(key, bytes.toString('base64'), 'dsp_1'), `byte ${at}`).toBeUndefined();
  }
  for (const nothing of ['', 'AQ==', 'x'.repeat(200)]) expect(openSealed(key, nothing, 'dsp_1')).toBeUndefined();
});

test('seals the same text differently every time', () => {
  const key = sealingKeyOf(newKey());
  expect(sealToNode(key, 'secret', 'a')).not.toBe(sealToNode(key, 'secret', 'a'));
});

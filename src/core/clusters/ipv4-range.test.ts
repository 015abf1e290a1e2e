import { expect, test } from 'vitest';
import { checkNodeLimit, checkRange, largestNodeLimit } from './ipv4-range.ts';

test.each(['198.18.7.0/24', '100.64.0.0/10', '8.0.0.0/8', '203.0.113.4/30', '1.0.0.0/8'])('%s is accepted', (range) => {
  expect(() => checkRange(range)).not.toThrow();
});

test.each([
  ['198.300.0.0/24', 'every part of the address is 0 to 255'],
  ['198.18.0.0/33', 'the prefix is 1 to 30'],
  ['198.18.0.0/31', 'the prefix is 1 to 30'],
  ['0.0.0.0/0', 'the prefix is 1 to 30'],
  ['198.18.0.5/24', 'is not the address of a network; the network is 198.18.0.0/24'],
  ['198.018.0.0/24', 'is not the address of a network; the network is 198.18.0.0/24'],
  ...[0, 10, 127, 169, 172, 192, 224, 239, 240, 255].map((octet) => [
    `${octet}.16.0.0/24`,
    'cannot use private, loopback, link-local, or multicast ranges',
  ]),
  ['8.0.0.0/6', 'cannot use private, loopback, link-local, or multicast ranges'],
  ['128.0.0.0/1', 'cannot use private, loopback, link-local, or multicast ranges'],
])('%s is refused: %s', (range, problem) => {
  expect(() => checkRange(range ?? '')).toThrow(
    expect.objectContaining({ code: 'invalid', details: { ipv4Range: [problem] } }),
  );
});

test('a range holds its addresses less twenty', () => {
  expect(largestNodeLimit('198.18.0.0/24')).toBe(236);
  expect(largestNodeLimit('198.18.0.0/28')).toBe(0);
  expect(() => checkNodeLimit(236, '198.18.0.0/24')).not.toThrow();
  expect(() => checkNodeLimit(237, '198.18.0.0/24')).toThrow('198.18.0.0/24 holds at most 236 nodes');
  expect(() => checkNodeLimit(1, '198.18.0.0/28')).toThrow('198.18.0.0/28 is too small for a node limit');
});

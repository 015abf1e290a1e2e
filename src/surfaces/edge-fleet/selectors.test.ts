import Ajv2020 from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSelector, writeSelector } from './selectors.ts';
import { Selector, type WireLabelMatcher, type WireSelector } from './wire/selectors.ts';

const check = new Ajv2020.Ajv2020({ strict: false }).compile(Selector);

const text = fc.oneof(fc.constantFrom('', '__proto__', 'constructor', 'a.b', 'é'), fc.string({ maxLength: 5 }));
const texts = fc.array(text, { maxLength: 3 });
const entries = <Value>(value: fc.Arbitrary<Value>) => fc.dictionary(text, value, { minKeys: 1, maxKeys: 3 });
const tags = fc.oneof(
  fc.record({ Has: text }),
  fc.record({ AnyOf: texts }),
  fc.record({ AllOf: texts }),
  fc.record({ NoneOf: texts }),
);
const labels: fc.Arbitrary<WireLabelMatcher> = fc.oneof(
  fc.record({ Equals: fc.oneof(entries(text), fc.tuple(text, text)) }),
  fc.record({ Exists: text }),
  fc.record({ In: fc.oneof(entries(texts), fc.tuple(text, texts)) }),
);
const selectors: fc.Arbitrary<WireSelector> = fc.record(
  {
    os: text,
    arch: text,
    tools: texts,
    tags: fc.array(tags, { maxLength: 3 }),
    labels: fc.array(labels, { maxLength: 3 }),
  },
  { requiredKeys: [] },
);

describe('the dialect of selectors', () => {
  test('whatever is read is written as the schema wants it, and read again as the same', () => {
    fc.assert(
      fc.property(selectors, (wire) => {
        expect(check(wire)).toBe(true);
        const selector = readSelector(wire);
        const written = writeSelector(selector);
        expect(check(written)).toBe(true);
        expect(readSelector(written)).toEqual(selector);
      }),
    );
  });

  test('what holds no array form comes back as it was', () => {
    fc.assert(
      fc.property(selectors, (wire) => {
        const isPlain = !(wire.labels ?? []).some((matcher) => Object.values(matcher).some(Array.isArray));
        fc.pre(isPlain);
        expect(writeSelector(readSelector(wire))).toEqual(wire);
      }),
    );
  });

  test('the array forms mean the same as the object forms', () => {
    fc.assert(
      fc.property(text, text, texts, (key, value, values) => {
        const pairs = { labels: [{ Equals: [key, value] }, { In: [key, values] }] } satisfies WireSelector;
        const objects = {
          labels: [{ Equals: single(key, value) }, { In: single(key, values) }],
        } satisfies WireSelector;
        expect(readSelector(pairs)).toEqual(readSelector(objects));
      }),
    );
  });

  test.each<[string, unknown]>([
    ['an unknown key', { colour: 'red' }],
    ['an unknown tag predicate', { tags: [{ Nearly: 'prod' }] }],
    ['a tag predicate with two keys', { tags: [{ Has: 'a', AnyOf: ['b'] }] }],
    ['an empty tag predicate', { tags: [{}] }],
    ['a label predicate with no keys', { labels: [{ Equals: {} }] }],
    ['a pair of three', { labels: [{ Equals: ['a', 'b', 'c'] }] }],
    ['a pair of one', { labels: [{ In: ['a'] }] }],
    ['a pair of the wrong kinds', { labels: [{ In: ['a', 'b'] }] }],
    ['a value that is a number', { labels: [{ Equals: { a: 1 } }] }],
    ['a key with a line break and a value that is a number', { labels: [{ Equals: { 'a\nb': 1 } }] }],
    ['null for a list', { tags: null }],
    ['a list', []],
  ])('%s is no selector', (_, wire) => {
    expect(check(wire)).toBe(false);
  });
});

/** `{[key]: value}`, for `__proto__` too. */
function single<Value>(key: string, value: Value): Record<string, Value> {
  return Object.fromEntries([[key, value]]);
}

describe('a selector that is a list of hosts in disguise', () => {
  const values = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`);
  const keys = (count: number) => Object.fromEntries(values(count).map((key) => [key, 'x']));
  const tooLarge: readonly [string, WireSelector][] = [
    ['of more label keys than conditions are read', { labels: [{ Equals: keys(60) }, { Equals: keys(41) }] }],
    ['of more values than are read', { tags: Array.from({ length: 11 }, () => ({ AnyOf: values(1_000) })) }],
    [
      'of more values of labels',
      { labels: [{ In: Object.fromEntries(values(11).map((key) => [key, values(1_000)])) }] },
    ],
  ];

  test.each(tooLarge)('%s is refused', (_, selector) => {
    expect(() => readSelector(selector)).toThrow(expect.objectContaining({ code: 'malformed' }));
  });

  test('at the bounds is read', () => {
    expect(readSelector({ labels: [{ Equals: keys(100) }] }).labels).toHaveLength(1);
    expect(check({ labels: [{ Equals: keys(30_000) }] })).toBe(false);
  });
});

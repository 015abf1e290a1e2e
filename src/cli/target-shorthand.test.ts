import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTarget } from '#surfaces/edge-fleet/shorthand/parse-target.ts';
import { TargetSyntaxError } from '#surfaces/edge-fleet/shorthand/target-reader.ts';
import { parseSelector } from '#surfaces/edge-fleet/shorthand/target-shorthand.ts';
import { explainError } from './explain-error.ts';
import { printSelector, printWireTarget } from './print-target.ts';

describe('what can be said', () => {
  test.each([
    ['tags=web', { tags: [{ Has: 'web' }] }],
    ['tags=web,prod', { tags: [{ AllOf: ['web', 'prod'] }] }],
    ['tags=Has(web)', { tags: [{ Has: 'web' }] }],
    ['tags=AnyOf(a,b)', { tags: [{ AnyOf: ['a', 'b'] }] }],
    ['tags=AnyOf( a , b )', { tags: [{ AnyOf: ['a', 'b'] }] }],
    ['tags=AllOf()', { tags: [{ AllOf: [] }] }],
    ['tags=prod tags=NoneOf(db)', { tags: [{ Has: 'prod' }, { NoneOf: ['db'] }] }],
    ['tags=prod,NoneOf(db)', { tags: [{ NoneOf: ['db'] }, { Has: 'prod' }] }],
    ['tools=docker,git tools=jq', { tools: ['docker', 'git', 'jq'] }],
    ['labels=region=eu', { labels: [{ Equals: { region: 'eu' } }] }],
    ['labels=region=eu,tier=1', { labels: [{ Equals: { region: 'eu', tier: '1' } }] }],
    ['labels=Equals(region,eu)', { labels: [{ Equals: { region: 'eu' } }] }],
    ['labels=Exists(gpu)', { labels: [{ Exists: 'gpu' }] }],
    ['labels=In(region,eu,us)', { labels: [{ In: { region: ['eu', 'us'] } }] }],
    ['labels=note="a b"', { labels: [{ Equals: { note: 'a b' } }] }],
    ['os=linux AND arch=x86_64', { os: 'linux', arch: 'x86_64' }],
    ['os=linux\tarch=x86_64', { os: 'linux', arch: 'x86_64' }],
  ])('%s', (text, expected) => {
    expect(parseSelector(text)).toEqual(expected);
  });
});

describe('what cannot', () => {
  test.each([
    ['', 0, 'nothing is selected'],
    ['!@web-1', 0, 'a set has to stand before it'],
    ['os linux', 2, 'a value has to follow'],
    ['tag=web', 0, 'nothing called tag'],
    ['os=', 3, 'an operating system'],
    ['os=linux os=darwin', 9, 'given twice'],
    ['tags=anyof(a)', 5, 'know no anyof'],
    ['tags=Has(a,b)', 5, 'Has takes one tag'],
    ['tags=AnyOf(a', 12, 'closing bracket'],
    ['tags=AnyOf(a,)', 13, 'a word'],
    ['tags=a)b', 6, 'a space has to stand'],
    ['os=linux,arch=x86_64', 8, 'a space has to stand'],
    ['labels=gpu', 7, 'the label gpu has no condition'],
    ['labels=a=1,a=2', 11, 'two values at once'],
    ['labels=Exists(a,b)', 7, 'Exists takes one'],
    ['labels=Equals(a)', 7, 'Equals takes a label and its value'],
    ['labels=a="b', 9, 'closing quote'],
    ['labels=a="\\q"', 9, 'as JSON writes it'],
    ['os=linux AND', 12, 'follow AND'],
    ['web-1 tags=a', 6, 'between two sets'],
    ['tags=a web-1', 7, 'between two sets'],
    ['all,web-1', 3, 'every node already'],
    ['web-1,', 6, 'a set has to follow'],
    ['web-[1-3', 4, 'a bracket is missing'],
    ['web-1]', 5, 'a bracket is missing'],
    ['web-[a-c]', 4, 'whole numbers'],
    ['web-[3-1]', 4, 'upwards'],
    ['web-[1-99999]', 4, 'more than 10000 names'],
    ['r[1-200]-n[1-200]', 10, 'more than 10000 names'],
    ['AnyOf(web)', 0, 'what is AnyOf'],
    ['group:', 6, 'a group after'],
    ['@file:', 6, 'a file after'],
    ['@', 1, 'a node after @'],
    ['__proto__=x', 0, 'nothing called __proto__'],
  ])('%j is refused at %i', (text, position, problem) => {
    const error = errorOf(() => parseTarget(text));
    expect(error).toBeInstanceOf(TargetSyntaxError);
    expect(error.message).toContain(problem);
    expect(error.position).toBe(position);
    expect(explainError(error)).toMatchObject({ exitCode: 2, code: 'usage', message: error.message });
  });

  test('the message shows the text with a mark below the place', () => {
    expect(errorOf(() => parseTarget('os=linux tags=Anyof(a,b)')).message).toBe(
      'I cannot read the target: tags know no Anyof(…)\n\n  os=linux tags=Anyof(a,b)\n                ^^^^^',
    );
  });

  test('a word that is nearly right is named', () => {
    expect(errorOf(() => parseTarget('tags=Anyof(a,b)')).advice).toBe('Did you mean AnyOf?');
    expect(errorOf(() => parseTarget('tag=web')).advice).toBe('Did you mean tags?');
  });
});

describe('the shorthand and the JSON form say the same', () => {
  const word = fc.oneof(
    fc.stringMatching(/^[a-z0-9][a-z0-9._:/-]{0,10}$/),
    fc.string({ minLength: 1, unit: 'grapheme' }),
    fc.constantFrom('AND', 'AnyOf', 'a"b', '__proto__', 'a\\', ')', '='),
  );
  const words = fc.array(word, { maxLength: 4 });
  const tag = fc.oneof(
    word.map((Has) => ({ Has })),
    words.map((AnyOf) => ({ AnyOf })),
    words.map((AllOf) => ({ AllOf })),
    words.map((NoneOf) => ({ NoneOf })),
  );
  const pairs = fc.uniqueArray(fc.tuple(word, word), { minLength: 1, maxLength: 3, selector: ([key]) => key });
  const label = fc.oneof(
    pairs.map((entries) => ({ Equals: Object.fromEntries(entries) })),
    word.map((Exists) => ({ Exists })),
    fc.tuple(word, words).map((entry) => ({ In: Object.fromEntries([entry]) })),
  );
  const selector = fc
    .record(
      {
        os: word,
        arch: word,
        tools: fc.array(word, { minLength: 1, maxLength: 3 }),
        tags: fc.array(tag, { minLength: 1, maxLength: 3 }),
        labels: fc.array(label, { minLength: 1, maxLength: 3 }),
      },
      { requiredKeys: [], noNullPrototype: true },
    )
    .filter((fields) => Object.keys(fields).length > 0);

  test('reading what was written gives the same selector', () => {
    fc.assert(
      fc.property(selector, (original) => {
        expect(parseSelector(printSelector(original))).toEqual(original);
      }),
      { numRuns: 500 },
    );
  });

  test('any text is read or refused with a position inside it', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const error = errorOf(() => parseTarget(text));
        if (error === undefined) return;
        expect(error).toBeInstanceOf(TargetSyntaxError);
        expect(error.position).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 500 },
    );
  });

  test('In over several labels is written as one condition each', () => {
    expect(printSelector({ labels: [{ In: { region: ['eu'], tier: ['1', '2'] } }] })).toBe(
      'labels=In(region,eu) labels=In(tier,1,2)',
    );
  });

  test('the targets of the wire', () => {
    expect(printWireTarget({ All: null })).toBe('all');
    expect(printWireTarget({ Selector: {} })).toBe('all');
    expect(printWireTarget({ Node: 'n-1' })).toBe('@n-1');
    expect(printWireTarget({ Group: 'g-1' })).toBe('group:g-1');
  });
});

function errorOf(work: () => unknown): TargetSyntaxError {
  try {
    work();
  } catch (error) {
    return error as TargetSyntaxError; // asserted by the callers
  }
  return undefined as never;
}

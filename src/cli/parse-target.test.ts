import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expandNames } from '#surfaces/edge-fleet/shorthand/expand-names.ts';
import {
  parseNames,
  parseTarget,
  type TargetExpression,
  type TargetSet,
  type TargetStep,
} from '#surfaces/edge-fleet/shorthand/parse-target.ts';
import { foldNames } from './output/fold-names.ts';
import { printTarget } from './print-target.ts';

const add = (...sets: TargetSet[]): TargetExpression => sets.map((set) => ({ join: 'add', set }));
const node = (name: string): TargetSet => ({ kind: 'node', node: name });
const names = (...list: string[]): TargetSet => ({ kind: 'names', names: list });
const ID = 'n-0199a3f4-0000-7000-8000-000000000001';

describe('one set', () => {
  test.each<[string, TargetSet]>([
    ['all', { kind: 'all' }],
    ['  all ', { kind: 'all' }],
    ['@all', node('all')],
    ['web-1', node('web-1')],
    ['@web-1', node('web-1')],
    [`@${ID}`, node(ID)],
    ['@"the big one"', node('the big one')],
    ['"a*b"', node('a*b')],
    ['web-*', names('web-*')],
    ['web-[1-3,7]', names('web-1', 'web-2', 'web-3', 'web-7')],
    ['web-[08-10].eu', names('web-08.eu', 'web-09.eu', 'web-10.eu')],
    ['web-[0-10/5]', names('web-0', 'web-5', 'web-10')],
    ['r[1-2]n[1,3]', names('r1n1', 'r1n3', 'r2n1', 'r2n3')],
    ['db-[1-2]*', names('db-1*', 'db-2*')],
    ['@file:hosts.txt', { kind: 'file', path: 'hosts.txt' }],
    ['group:databases', { kind: 'group', group: 'databases' }],
    ['group:"our databases"', { kind: 'group', group: 'our databases' }],
    ['cluster:edge-*', { kind: 'cluster', cluster: 'edge-*' }],
    ['os=linux tags=web,prod', { kind: 'selector', selector: { os: 'linux', tags: [{ AllOf: ['web', 'prod'] }] } }],
  ])('%s', (text, set) => {
    expect(parseTarget(text)).toEqual([{ join: 'add', set }]);
  });
});

describe('sets put together', () => {
  const tagged = (tag: string): TargetSet => ({ kind: 'selector', selector: { tags: [{ Has: tag }] } });
  test.each<[string, TargetExpression]>([
    ['web-1,web-3', add(node('web-1'), node('web-3'))],
    ['web-1 , web-3', add(node('web-1'), node('web-3'))],
    ['web-1 web-3', add(node('web-1'), node('web-3'))],
    ['db web-[1-2]', add(node('db'), names('web-1', 'web-2'))],
    ['web-*!web-10', [...add(names('web-*')), { join: 'remove', set: node('web-10') }]],
    ['web-*,!web-10', [...add(names('web-*')), { join: 'remove', set: node('web-10') }]],
    ['all&tags=prod', [...add({ kind: 'all' }), { join: 'keep', set: tagged('prod') }]],
    ['tags=prod!web-10', [...add(tagged('prod')), { join: 'remove', set: node('web-10') }]],
    ['tags=prod,!web-10', [...add(tagged('prod')), { join: 'remove', set: node('web-10') }]],
    ['tags=prod OR web-10', add(tagged('prod'), node('web-10'))],
    [
      'a!b&c,d',
      [...add(node('a')), { join: 'remove', set: node('b') }, { join: 'keep', set: node('c') }, ...add(node('d'))],
    ],
    ['cluster:a cluster:b', add({ kind: 'cluster', cluster: 'a' }, { kind: 'cluster', cluster: 'b' })],
  ])('%s', (text, expression) => {
    expect(parseTarget(text)).toEqual(expression);
  });
});

test('a file holds names and ranges, one or more on a line, with comments', () => {
  expect(parseNames('# ours\nweb-1, web-2\n\n db-[1-2]  # both\n')).toEqual([
    node('web-1'),
    node('web-2'),
    names('db-1', 'db-2'),
  ]);
  expect(() => parseNames('tags=web')).toThrow('a file holds names');
  expect(() => parseNames('a!b')).toThrow('a file holds names');
});

describe('ranges and folds are inverse', () => {
  const name = fc
    .tuple(
      fc.constantFrom('web-', 'db', 'r1-n', ''),
      fc.integer({ min: 0, max: 120 }),
      fc.constantFrom(0, 2, 3),
      fc.constantFrom('', '.eu'),
    )
    .map(([before, number, width, after]) => before + String(number).padStart(width, '0') + after);

  test('what is folded says exactly the names that were folded', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 40 }), (list) => {
        const expanded = foldNames(list)
          .split(' ')
          .flatMap((pattern) => expandNames(pattern) as string[]);
        expect(expanded.toSorted()).toEqual(list.toSorted());
      }),
      { numRuns: 500 },
    );
  });

  test('any pattern is expanded or refused inside of itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '[', ']', '1', '0', '-', ',', '/', '9') }), (pattern) => {
        const found = expandNames(pattern);
        if (!('problem' in found)) return;
        expect(found.at + found.length).toBeLessThanOrEqual(pattern.length);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('what was printed is read as the same', () => {
  const word = fc.oneof(
    fc.string({ minLength: 1, unit: 'grapheme' }),
    fc.constantFrom('all', 'OR', 'a!b', 'web-1', '"', 'os', 'a[1]', 'x=y'),
  );
  const set: fc.Arbitrary<TargetSet> = fc.oneof(
    word.map(node),
    word.map((group): TargetSet => ({ kind: 'group', group })),
    word.map((cluster): TargetSet => ({ kind: 'cluster', cluster })),
    word.map((path): TargetSet => ({ kind: 'file', path })),
    word.map((os): TargetSet => ({ kind: 'selector', selector: { os, tags: [{ AllOf: [os, 'b'] }] } })),
    fc.constant<TargetSet>({ kind: 'selector', selector: { tags: [{ Has: 'web' }] } }),
  );
  const step: fc.Arbitrary<TargetStep> = fc.record({ join: fc.constantFrom('add', 'keep', 'remove'), set });

  test('whatever names and values there are', () => {
    fc.assert(
      fc.property(set, fc.array(step, { maxLength: 4 }), (first, others) => {
        const expression: TargetExpression = [{ join: 'add', set: first }, ...others];
        expect(parseTarget(printTarget(expression))).toEqual(expression);
      }),
      { numRuns: 1_000 },
    );
  });
});

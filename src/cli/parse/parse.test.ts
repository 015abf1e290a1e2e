import { describe, expect, test } from 'vitest';
import { readDuration, readSeconds } from './read-duration.ts';
import { readInstant, readInstantOrNever } from './read-instant.ts';
import { numberOr, wholeNumber } from './read-number.ts';
import { pair, readObject, readValue, repeated } from './read-pairs.ts';
import { printFailurePolicy, printMode, readFailurePolicy, readMode } from './read-policy.ts';

describe('times', () => {
  test.each([
    ['500ms', 500],
    ['60', 60_000],
    ['60s', 60_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ])('%s', (text, ms) => expect(readDuration(text)).toBe(ms));

  test.each(['', 'soon', '-5s', '0', '5x', '1e3'])('%j is none', (text) => {
    expect(() => readDuration(text)).toThrow('It is a time');
  });

  test('whole seconds are never shorter than what was asked for', () => {
    expect(readSeconds('1500ms')).toBe(2);
    expect(readSeconds('1ms')).toBe(1);
  });

  test('instants are from now or by date', () => {
    const now = new Date('2026-01-01T00:00:00Z');
    expect(readInstant('2h', now)).toBe('2026-01-01T02:00:00.000Z');
    expect(readInstant('2027-01-31T12:00:00Z', now)).toBe('2027-01-31T12:00:00.000Z');
    expect(readInstantOrNever('never')).toBe('never');
    expect(() => readInstant('tomorrow', now)).toThrow('It is a time from now');
    expect(() => readInstant('7', now)).toThrow('It is a time from now');
  });
});

describe('policies', () => {
  test.each([
    ['sequential', 'Sequential'],
    ['parallel', 'Parallel'],
    ['rolling=5', { Rolling: { batch: 5 } }],
  ] as const)('mode %s', (text, mode) => {
    expect(readMode(text)).toEqual(mode);
    expect(printMode(mode)).toBe(text);
  });

  test.each(['rolling', 'rolling=0', 'rolling=x', 'Parallel', 'rolling=5x', ''])('mode %j is none', (text) => {
    expect(() => readMode(text)).toThrow('It is sequential, parallel');
  });

  test.each([
    ['fail-fast', 'FailFast'],
    ['continue', 'ContinueOnError'],
    ['stop-after=3', { StopAfter: 3 }],
  ] as const)('policy %s', (text, policy) => {
    expect(readFailurePolicy(text)).toEqual(policy);
    expect(printFailurePolicy(policy)).toBe(text);
  });

  test.each(['stop-after=0', 'stop-after', 'never'])('policy %j is none', (text) => {
    expect(() => readFailurePolicy(text)).toThrow('It is fail-fast');
  });
});

describe('numbers, pairs and values', () => {
  test('whole numbers only, from the least', () => {
    expect(wholeNumber(1)('12')).toBe(12);
    for (const text of ['0', '-1', '1.5', 'x', '', '9007199254740993'])
      expect(() => wholeNumber(1)(text)).toThrow('whole number');
    expect(numberOr('unlimited')('unlimited')).toBe('unlimited');
    expect(numberOr('unlimited')('3')).toBe(3);
  });

  test('pairs keep what follows the first =', () => {
    expect(pair('b=x=y', pair('a=1'))).toEqual({ a: '1', b: 'x=y' });
    expect(pair('a=')).toEqual({ a: '' });
    expect(() => pair('=x')).toThrow('key=value');
    expect(() => pair('x')).toThrow('key=value');
    expect(repeated('b', repeated('a'))).toEqual(['a', 'b']);
  });

  test('values are JSON where they can be', () => {
    expect(readValue('3')).toBe(3);
    expect(readValue('nginx')).toBe('nginx');
    expect(readObject('{"a":[1]}')).toEqual({ a: [1] });
    for (const text of ['[1]', 'null', '"x"', '{']) expect(() => readObject(text)).toThrow('JSON object');
  });
});

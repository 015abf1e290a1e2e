import { describe, expect, test } from 'vitest';
import type { Finished } from '#protocol/gen/garrison/node/v1/node.ts';
import { FACTS } from '#test/support/raw-node.ts';
import { readFacts, readFinished, UnreadableFrame } from './frames.ts';

const FINISHED: Finished = {
  executionId: '0190a000-0000-7000-8000-000000000000',
  outcome: 'failed',
  startedAt: undefined,
  finishedAt: undefined,
  durationMs: 0,
  errorCode: '',
  errorMessage: '',
  stdoutBytes: 0,
  stderrBytes: 0,
  truncated: false,
  resultJson: '',
  outputChunks: 0,
};

describe('what PostgreSQL would refuse does not get past the door', () => {
  test('a text cut in the middle of a character is well formed', () => {
    const { errorMessage } = readFinished({ ...FINISHED, errorMessage: `${'x'.repeat(4095)}😀` });
    expect(errorMessage?.isWellFormed()).toBe(true);
    expect(readFacts({ ...FACTS, hostname: `${'x'.repeat(254)}😀` }).hostname.isWellFormed()).toBe(true);
  });

  test('NUL goes, and so does half a character in a result', () => {
    expect(readFinished({ ...FINISHED, errorMessage: 'a\0b' }).errorMessage).toBe('ab');
    expect(readFinished({ ...FINISHED, resultJson: '{"a":"x\\u0000y","b":"\\ud83d"}' }).result).toEqual({
      a: 'xy',
      b: '\ufffd',
    });
    expect(readFinished({ ...FINISHED, resultJson: '{"a":"C:\\\\u0000"}' }).result).toEqual({ a: 'C:\\u0000' });
  });

  test('a name in a result that cannot be stored is an unreadable frame', () => {
    expect(() => readFinished({ ...FINISHED, resultJson: '{"\\u0000":1}' })).toThrow(UnreadableFrame);
    expect(() => readFinished({ ...FINISHED, resultJson: '{"\\ud83d":1}' })).toThrow(UnreadableFrame);
  });
});

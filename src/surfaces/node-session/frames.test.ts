import { describe, expect, test } from 'vitest';
import { type Finished, Metrics } from '#protocol/gen/garrison/node/v1/node.ts';
import { FACTS } from '#test/support/raw-node.ts';
import { readFacts, readFinished, readMetrics, UnreadableFrame } from './frames.ts';

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

describe('metrics', () => {
  const disk = { mount: '/\0', device: '/dev/sda', fileSystem: 'ext4', capacity: { totalBytes: 2, availableBytes: 1 } };

  test('are bounded, without what is no number', () => {
    const { host, daemon } = readMetrics(
      Metrics.fromPartial({
        host: {
          cpu: {
            usagePercent: Number.NaN,
            load1m: 0.5,
            load5m: Number.POSITIVE_INFINITY,
            coreUsagePercent: Array(5_000).fill(1),
          },
          disks: [disk, { ...disk, capacity: undefined }, ...Array(500).fill(disk)],
          temperatures: [
            { sensor: 'x'.repeat(1_000), celsius: 40 },
            { sensor: 'broken', celsius: Number.NaN },
          ],
        },
        daemon: { cpuSeconds: Number.NaN, running: 2 },
      }),
    );
    expect(host).toMatchObject({ cpuUsagePercent: null, load1m: 0.5, load5m: null, cores: null, memory: null });
    expect([host?.coreUsagePercent.length, host?.disks.length]).toEqual([1_024, 255]);
    expect(host?.disks[0]).toEqual({
      mount: '/',
      device: '/dev/sda',
      fileSystem: 'ext4',
      totalBytes: 2,
      availableBytes: 1,
    });
    expect(host?.temperatures).toEqual([{ sensor: 'x'.repeat(255), celsius: 40 }]);
    expect(daemon).toMatchObject({ cpuSeconds: null, running: 2, queued: 0 });
  });

  test('may be of the host or of the daemon alone', () => {
    expect(readMetrics(Metrics.fromPartial({}))).toEqual({ host: null, daemon: null });
    const bytes = Metrics.encode(Metrics.fromPartial({ host: { uptimeSeconds: 5 } })).finish();
    expect(readMetrics(Metrics.decode(bytes))).toMatchObject({
      host: { uptimeSeconds: 5, processes: null },
      daemon: null,
    });
  });

  test('of an earlier form, two texts, are no figures', () => {
    const earlier = Buffer.from([0x12, 1, 0x61, 0x1a, 1, 0x62]); // fields 2 and 3
    expect(readMetrics(Metrics.decode(earlier))).toEqual({ host: null, daemon: null });
  });
});

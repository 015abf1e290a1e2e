import { expect, test } from 'vitest';
import type { Log } from '#runtime/log.ts';
import { DiskSpace, type Room } from './disk-space.ts';

const MiB = 1 << 20;
const SIZE = 100 * 1024 * MiB;

function setup() {
  const lines: string[] = [];
  const say = (level: string) => (_facts: object, text: string) => lines.push(`${level}: ${text}`);
  const log = { info: say('info'), warn: say('warn'), error: say('error') } as Partial<Log> as Log; // what is called
  let room: Room = { freeBytes: SIZE, sizeBytes: SIZE };
  const disk = new DiskSpace({ directory: '/data', log, measure: async () => room });
  const free = async (freeBytes: number, sizeBytes = SIZE) => {
    room = { freeBytes, sizeBytes };
    await disk.look();
  };
  return { disk, lines, free };
}

test('a tenth, a gibibyte and 64 MiB are told once each, and again when there is room', async () => {
  const { disk, lines, free } = setup();
  await free(SIZE / 2);
  await free(SIZE / 11);
  await free(SIZE / 12);
  expect(() => disk.requireRoom()).not.toThrow();
  await free(63 * MiB);
  expect(() => disk.requireRoom()).toThrow('the disk of the controller is full (63 MiB free)');
  await free(65 * MiB);
  expect(() => disk.requireRoom()).not.toThrow();
  await free(SIZE);
  expect(lines).toEqual([
    'warn: the disk of the data directory is nearly full',
    expect.stringMatching('error: the disk of the controller is full'),
    'warn: the disk of the data directory is nearly full',
    'info: there is room again on the disk of the data directory',
  ]);
});

test('on a small disk a gibibyte counts, on a large one a tenth', async () => {
  const { lines, free } = setup();
  await free(1023 * MiB, 2048 * MiB);
  await free(1025 * MiB, 2048 * MiB);
  await free(9 * 1024 * MiB);
  expect(lines.map((line) => line.slice(0, 4))).toEqual(['warn', 'info', 'warn']);
});

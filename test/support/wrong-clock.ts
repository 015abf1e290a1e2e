import { globSync } from 'node:fs';

const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');

/** Whether programs can be given a wrong clock here (package `faketime`). */
export const hasWrongClocks = library !== undefined;

/** The environment of a program whose wall clock is off by `offset`, such as `+15s` or `-1h`. Its timers are right. */
export function wrongClock(offset: string): Readonly<Record<string, string>> {
  return { LD_PRELOAD: library ?? '', FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1' };
}

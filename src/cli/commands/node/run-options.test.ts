import { expect, test } from 'vitest';
import { daemonSettings } from '#daemon/settings.ts';
import type { Setting } from '#settings/read-settings.ts';
import { runOptions } from './run.ts';

/** It is an option of every command. */
const OF_THE_PROGRAM = ['--api'];

test('node run has an option for each setting of the daemon with a flag, and no other', () => {
  const flags = Object.values<Setting<unknown>>(daemonSettings).flatMap(({ flag }) => (flag ? [`--${flag}`] : []));
  expect([...runOptions().map(({ long }) => long), ...OF_THE_PROGRAM].sort()).toEqual(flags.sort());
});

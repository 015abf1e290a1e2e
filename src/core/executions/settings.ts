import { size } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

const mebibyte = 1_048_576;

/** How much output is kept. */
export const outputSettings = {
  quotaKeptOutputBytes: {
    section: 'Tenants',
    kind: size(mebibyte, 1_000_000 * mebibyte),
    env: ['GARRISON_QUOTA_KEPT_OUTPUT'],
    default: 20_480 * mebibyte,
    description:
      'Most output that is kept of one tenant. At the bound nothing is refused: within a minute the output of the runs that began first goes, results and last lines stay.',
  },
  outputLimitBytes: {
    section: 'Nodes',
    kind: size(4_096, 1_024 * mebibyte),
    env: ['GARRISON_OUTPUT_LIMIT'],
    default: mebibyte,
    description: 'Bytes of stdout and of stderr that are kept per execution: head and tail, with a marker between.',
  },
} as const satisfies Settings;

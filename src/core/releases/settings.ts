import { size } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

export const releaseSettings = {
  releaseBandwidth: {
    section: 'Artifacts',
    kind: size(65_536, Number.MAX_SAFE_INTEGER),
    env: ['GARRISON_RELEASE_BANDWIDTH'],
    default: 64 * 2 ** 20,
    defaultText: '`64MiB`',
    description: 'Bytes a second that all nodes together may fetch of releases from this controller.',
  },
} as const satisfies Settings;

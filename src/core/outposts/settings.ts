import { duration } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

const seconds = 1_000;
const days = 86_400_000;

/** When an outpost counts as inactive. */
export const outpostSettings = {
  outpostInactiveAfterMs: {
    section: 'Org outposts',
    kind: duration(10 * seconds, 30 * days),
    env: ['GARRISON_OUTPOST_INACTIVE_AFTER'],
    default: 360 * seconds,
    description: 'An outpost without a sign of life for so long is `inactive`.',
  },
} as const satisfies Settings;

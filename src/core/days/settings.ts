import { wholeNumber } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

/** How long runs and events are kept. */
export const retentionSettings = {
  retentionDays: {
    section: 'General',
    kind: wholeNumber(1, 3_650, 'days'),
    env: ['GARRISON_RETENTION_DAYS'],
    default: 90,
    description: 'How many days fleet runs are kept with their output, and events.',
  },
} as const satisfies Settings;

import { text, yesOrNo } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

/** What Edge Admin says of itself and lets anybody do. */
export const edgeAdminSettings = {
  adminClusterName: {
    section: 'Edge Admin',
    kind: text('lower-case letters, digits and dashes, at most 32', /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/),
    env: ['ADMIN_CLUSTER_NAME'],
    default: 'garrison',
    description: 'What the controllers of one database are called together.',
  },
  publicEnrollmentKeyEnabled: {
    section: 'Edge Admin',
    kind: yesOrNo,
    env: ['PUBLIC_ENROLLMENT_KEY_ENABLED'],
    default: false,
    description: 'Anybody who reaches the API gets a single-use key for the default cluster.',
  },
} as const satisfies Settings;

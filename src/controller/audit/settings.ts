import { duration, path } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

const seconds = 1_000;
const days = 86_400_000;

/** Where the heads of the audit log are written. */
export const auditSettings = {
  auditCheckpointFile: {
    section: 'General',
    kind: path,
    env: ['GARRISON_AUDIT_CHECKPOINT_FILE'],
    defaultText: '`audit-checkpoint.json` in the data directory',
    description:
      'Where the signed heads of the audit log are written. Keep copies on another machine: a log that was rewritten or cut off is found with them.',
  },
  auditCheckpointIntervalMs: {
    section: 'General',
    kind: duration(1 * seconds, 1 * days),
    env: ['GARRISON_AUDIT_CHECKPOINT_INTERVAL'],
    default: 300 * seconds,
    description: 'How often they are written, into the log too.',
  },
} as const satisfies Settings;

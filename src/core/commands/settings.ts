import { wholeNumber, yesOrNo } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

/** When finished executions of commands are deleted. */
export const pruningSettings = {
  executionPruningEnabled: {
    section: 'Edge Admin',
    kind: yesOrNo,
    env: ['EXECUTION_PRUNING_ENABLED'],
    default: false,
    description: 'Finished executions are deleted once they are old enough.',
  },
  executionRetentionDays: {
    section: 'Edge Admin',
    kind: wholeNumber(1, 3_650, 'days'),
    env: ['EXECUTION_PRUNING_RETENTION_DAYS'],
    default: 30,
    description: 'How old, in days.',
  },
} as const satisfies Settings;

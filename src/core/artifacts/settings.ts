import { wholeNumber } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

/** How large artifacts may be, and how long they are kept. */
export const artifactSettings = {
  artifactMegabytes: {
    section: 'Artifacts',
    kind: wholeNumber(1, 1_000_000, 'megabytes'),
    env: ['GARRISON_ARTIFACT_MEGABYTES'],
    default: 1_024,
    description: 'The largest artifact: a file that a command or an agent leaves behind, in units of 2^20 bytes.',
  },
  artifactMegabytesOfOwner: {
    section: 'Artifacts',
    kind: wholeNumber(1, 10_000_000, 'megabytes'),
    env: ['GARRISON_ARTIFACT_MEGABYTES_PER_OWNER'],
    default: 4_096,
    description: 'Most of all artifacts that one execution, dispatch or release leaves behind.',
  },
  artifactRetentionDays: {
    section: 'Artifacts',
    kind: wholeNumber(1, 3_650, 'days'),
    env: ['GARRISON_ARTIFACT_RETENTION_DAYS'],
    default: 30,
    description: 'How many days artifacts are kept, unless what they belong to is removed before.',
  },
} as const satisfies Settings;

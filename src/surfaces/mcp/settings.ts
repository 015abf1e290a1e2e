import { wholeNumber } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

/** How much one caller may do by tools. */
export const mcpSettings = {
  mcpCallsPerMinute: {
    section: 'Tenants',
    kind: wholeNumber(1, 1_000_000),
    env: ['GARRISON_MCP_CALLS_PER_MINUTE'],
    default: 60,
    description:
      'Most calls of tools by MCP of one caller within a minute, at each controller; further ones are told when to come again.',
  },
  mcpStartsPerMinute: {
    section: 'Tenants',
    kind: wholeNumber(1, 1_000_000),
    env: ['GARRISON_MCP_STARTS_PER_MINUTE'],
    default: 10,
    description: 'Most of them that act by a pin.',
  },
} as const satisfies Settings;

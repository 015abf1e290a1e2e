import { wholeNumber } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';
import { quotaSettings } from './quota-settings.ts';

/** How much one tenant may have. */
export const tenantSettings = {
  nodeSharePercent: {
    section: 'Tenants',
    kind: wholeNumber(1, 100, 'percent'),
    env: ['GARRISON_TENANT_NODE_SHARE'],
    default: 80,
    description:
      'Percent of the room for nodes of all controllers that one tenant may take, so that no tenant leaves the others without any. The tenant of the installation itself may take all.',
  },
  ...quotaSettings,
} as const satisfies Settings;

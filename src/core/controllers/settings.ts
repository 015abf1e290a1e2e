import { wholeNumber } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

/** How many nodes a controller has room for. */
export const capacitySettings = {
  capacity: {
    section: 'Edge Admin',
    kind: wholeNumber(1, 1_000_000),
    env: ['GARRISON_CAPACITY', 'ADMIN_MAX_WIREGUARD_PEERS'],
    default: 12_000,
    description:
      'Nodes this controller answers for, connected or away; every other controller takes the place of one. One process holds 10,000 connected nodes: the rest is room for its own node, for nodes that are away and for other controllers. With more nodes than all controllers have room for, what adds load is refused.',
  },
} as const satisfies Settings;

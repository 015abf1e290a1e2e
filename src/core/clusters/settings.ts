import { ipv4Range, text, wholeNumber } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

/** The default cluster. */
export const clusterSettings = {
  defaultClusterName: {
    section: 'Edge Admin',
    kind: text(
      'lower-case letters, digits and dashes, at most 24, and not "default"',
      /^(?!default$)[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?$/,
    ),
    env: ['DEFAULT_CLUSTER_NAME'],
    defaultText: 'no default cluster',
    description: 'A cluster that is made at start and stands behind the paths `/clusters/default/…`.',
  },
  defaultClusterSubnet: {
    section: 'Edge Admin',
    kind: ipv4Range,
    env: ['DEFAULT_CLUSTER_SUBNET'],
    defaultText: 'the first free range',
    description: 'Range of the default cluster.',
  },
  defaultClusterNodeLimit: {
    section: 'Edge Admin',
    kind: wholeNumber(1, 1_000_000),
    env: ['DEFAULT_CLUSTER_NODE_LIMIT'],
    defaultText: 'no limit',
    description: 'Most nodes in the default cluster.',
  },
} as const satisfies Settings;

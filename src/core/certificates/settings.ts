import { host, listOf, text } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

/** The names in certificates. */
export const certificateSettings = {
  trustDomain: {
    section: 'Org outposts',
    kind: text('a DNS name in lower case', /^[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?$/),
    env: ['GARRISON_TRUST_DOMAIN'],
    defaultText: '`garrison.internal`; what the database was begun with, where that is something else',
    description: 'Trust domain of the SPIFFE ids in certificates. All controllers of a database have the same.',
  },
  outpostSuffix: {
    section: 'Org outposts',
    kind: text('a DNS name in lower case', /^[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?$/),
    env: ['GARRISON_OUTPOST_SUFFIX'],
    defaultText: '`trustDomain` where that is given; else `arbitex.internal`, as the contract has it',
    description: 'End of the common names of outposts in certificates. All controllers of a database have the same.',
  },
  tlsNames: {
    section: 'Listeners',
    kind: listOf(host),
    env: ['GARRISON_TLS_NAMES'],
    default: [],
    description:
      'Further names and addresses of the controller for its certificate, beside the host name and localhost.',
  },
} as const satisfies Settings;

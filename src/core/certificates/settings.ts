import { host, listOf, text } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

/** The names in certificates. */
export const certificateSettings = {
  trustDomain: {
    section: 'Org outposts',
    kind: text('a DNS name in lower case', /^[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?$/),
    env: ['GARRISON_TRUST_DOMAIN'],
    default: 'arbitex.internal',
    description: 'End of the common names, and trust domain of the SPIFFE ids, in certificates.',
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

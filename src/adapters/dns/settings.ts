import { host, port } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

/** Where the names of nodes are answered for. */
export const dnsSettings = {
  dnsPort: {
    section: 'Listeners',
    kind: port,
    env: ['GARRISON_DNS_PORT'],
    defaultText: 'no DNS server',
    description: 'Port of the DNS server (UDP and TCP) that answers for `cluster-*.nm.internal`; 0 picks a free one.',
  },
  dnsHost: {
    section: 'Listeners',
    kind: host,
    env: ['GARRISON_DNS_HOST'],
    default: '127.0.0.1',
    description: 'Where the DNS server answers.',
  },
} as const satisfies Settings;

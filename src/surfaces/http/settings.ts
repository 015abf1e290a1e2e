import { addressOrRange, host, listOf, port, url, wholeNumber } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

/** Where the APIs answer, and for how many. */
export const httpSettings = {
  apiHost: {
    section: 'Listeners',
    kind: host,
    env: ['GARRISON_API_HOST'],
    default: '127.0.0.1',
    description:
      'Where the API answers in plain HTTP. `::` is every address of both families, `0.0.0.0` every IPv4 address; so for every listener.',
  },
  apiPort: {
    section: 'Listeners',
    kind: port,
    env: ['GARRISON_API_PORT'],
    flag: 'port',
    default: 7070,
    description: 'Port of the API in plain HTTP; 0 picks a free one.',
  },
  tlsHost: {
    section: 'Listeners',
    kind: host,
    env: ['GARRISON_TLS_HOST'],
    default: '0.0.0.0',
    description: 'Where the API answers over TLS.',
  },
  tlsPort: {
    section: 'Listeners',
    kind: port,
    env: ['GARRISON_TLS_PORT'],
    flag: 'tls-port',
    default: 7443,
    description: 'Port of the API over TLS, where clients may show a certificate; 0 picks a free one.',
  },
  publicUrl: {
    section: 'Listeners',
    kind: url,
    env: ['GARRISON_PUBLIC_URL'],
    defaultText: 'the address of the API',
    description: 'How clients reach the API, for links in answers.',
  },
  trustedProxies: {
    section: 'Listeners',
    kind: listOf(addressOrRange),
    env: ['GARRISON_TRUSTED_PROXIES'],
    default: [],
    defaultText: 'none',
    description:
      'Proxies whose `X-SSL-Client-Cert` and `X-Forwarded-For` are believed. From any other address these headers are ignored.',
  },
  apiConnections: {
    section: 'Listeners',
    kind: wholeNumber(16, 1_000_000),
    env: ['GARRISON_API_CONNECTIONS'],
    default: 10_000,
    description: 'Most connections to the API, for each of its two listeners; further ones are closed at once.',
  },
  apiConnectionsPerAddress: {
    section: 'Listeners',
    kind: wholeNumber(1, 1_000_000),
    env: ['GARRISON_API_CONNECTIONS_PER_ADDRESS'],
    default: 1_000,
    description:
      'Most of them from one IPv4 address, or from one IPv6 network of 64 bits. Does not apply to `trustedProxies`.',
  },
  eventStreamsPerTenant: {
    section: 'Tenants',
    kind: wholeNumber(1, 1_000_000),
    env: ['GARRISON_EVENT_STREAMS_PER_TENANT'],
    default: 1_000,
    description:
      'Most event streams of one tenant that are open at once, on each controller; further ones are answered with 429.',
  },
  eventStreamsPerCaller: {
    section: 'Tenants',
    kind: wholeNumber(1, 1_000_000),
    env: ['GARRISON_EVENT_STREAMS_PER_CALLER'],
    default: 500,
    description: 'Most of them of one key, token or user.',
  },
} as const satisfies Settings;

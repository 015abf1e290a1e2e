import { secret } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

/** The keys of an installation. */
export const accessSettings = {
  secretKey: {
    section: 'Keys',
    kind: secret(
      '32 bytes in hex or base64; make them with: openssl rand -hex 32',
      /^([0-9a-fA-F]{64}|[A-Za-z0-9+/_-]{43}=?)$/,
    ),
    env: ['GARRISON_SECRET_KEY'],
    defaultText: 'made at first start: `secret.key` in the data directory',
    description:
      'Seals what the database must not hold in clear. Controllers of one database need the same. Without it a backup cannot be used.',
  },
  masterKey: {
    section: 'Keys',
    kind: secret(),
    env: ['MASTER_KEY'],
    defaultText: 'made at first start: `master.key` in the data directory',
    description: 'Opens everything: it founds organisations and makes keys.',
  },
  apiKey: {
    section: 'Keys',
    kind: secret(),
    env: ['API_KEY'],
    defaultText: 'made at first start: `api.key` in the data directory',
    description: 'Opens the Edge Admin API.',
  },
  metricsKey: {
    section: 'Keys',
    kind: secret(),
    env: ['METRICS_KEY'],
    defaultText: 'made at first start: `metrics.key` in the data directory',
    description: 'Opens the metrics of Edge Admin, and nothing else.',
  },
  proxyKey: {
    section: 'Keys',
    kind: secret(),
    env: ['PROXY_KEY'],
    defaultText: 'made at first start: `proxy.key` in the data directory',
    description:
      'The password of the HTTP and SOCKS5 proxies, and nothing else. It reaches the nodes of the installation’s own tenant.',
  },
} as const satisfies Settings;

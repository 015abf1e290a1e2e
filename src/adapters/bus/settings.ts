import { natsUrl } from '#adapters/nats/nats-url.ts';
import { path } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

/** What carries the messages between controllers. */
export const busSettings = {
  natsUrl: {
    section: 'Several controllers',
    kind: natsUrl,
    env: ['NATS_URL'],
    defaultText: 'LISTEN/NOTIFY of the database',
    description:
      'NATS servers that carry the messages between controllers; a user, password or token may be in the URL. The same on every controller.',
  },
  natsCredentialsFile: {
    section: 'Several controllers',
    kind: path,
    env: ['GARRISON_NATS_CREDENTIALS'],
    defaultText: 'none',
    description: 'Credentials file of NATS (`.creds`), mode 0600.',
  },
  natsAuthorityFile: {
    section: 'Several controllers',
    kind: path,
    env: ['GARRISON_NATS_CA'],
    defaultText: 'the authorities that Node trusts',
    description: 'Certificates (PEM) that the certificate of the NATS servers is checked against.',
  },
  natsCertificateFile: {
    section: 'Several controllers',
    kind: path,
    env: ['GARRISON_NATS_CERTIFICATE'],
    defaultText: 'none',
    description: 'Certificate (PEM) that this controller shows to NATS servers that ask for one.',
  },
  natsKeyFile: {
    section: 'Several controllers',
    kind: path,
    env: ['GARRISON_NATS_KEY'],
    defaultText: 'none',
    description: 'Its private key (PEM), mode 0600.',
  },
} as const satisfies Settings;

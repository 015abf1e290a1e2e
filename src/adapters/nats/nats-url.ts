import { Secret } from '#core/kernel/secret.ts';
import type { Kind } from '#settings/kinds.ts';
import { readNatsServers } from './servers.ts';

/** It may hold a password. */
export const natsUrl: Kind<Secret> = {
  name: 'NATS URL',
  shape:
    'one or several URLs separated by commas, such as nats://nats.example.com:4222, or tls://… for an encrypted connection',
  parse: (raw) =>
    typeof raw === 'string' && typeof readNatsServers(raw) !== 'string' ? new Secret(raw.trim()) : undefined,
  print: String,
  explain: (raw) => {
    const read = typeof raw === 'string' ? readNatsServers(raw) : undefined;
    return typeof read === 'string' ? read : undefined;
  },
  isSecret: true,
};

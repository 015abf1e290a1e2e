import { PostgresBus } from '#adapters/bus/postgres.ts';
import { clientConfig, statementLimits } from '#adapters/postgres/connection.ts';
import { limitsOf } from '#adapters/postgres/session-settings.ts';
import type { Bus } from '#core/kernel/bus.ts';
import { deriveKey } from '#core/kernel/derived-key.ts';
import type { Secret } from '#core/kernel/secret.ts';
import type { Log } from '#runtime/log.ts';
import type { ControllerConfig } from './config.ts';
import type { Storage } from './open-storage.ts';
import type { ServiceStack } from './service-stack.ts';

export interface BusNeeds {
  readonly config: ControllerConfig;
  readonly log: Log;
  readonly direct: Storage['direct'];
  readonly secretKey: Secret;
  /** The database's time. */
  readonly now: () => number;
}

/** What carries the messages between controllers: NATS where it is configured, else the database. */
export async function openBus(stack: ServiceStack, { config, log, direct, secretKey, now }: BusNeeds): Promise<Bus> {
  const { natsUrl: url, natsCredentialsFile: credentialsFile, natsAuthorityFile: authorityFile } = config;
  if (url === undefined) {
    const greeting = limitsOf(statementLimits(10_000)); // LISTEN needs a session of its own
    return stack.start('bus', new PostgresBus({ client: clientConfig(direct, 'garrison bus'), greeting, log }));
  }
  const { NatsBus } = await import('#adapters/bus/nats.ts');
  const { natsCertificateFile: certificateFile, natsKeyFile: keyFile } = config;
  const access = { url, credentialsFile, authorityFile, certificateFile, keyFile };
  const key = deriveKey(Buffer.from(secretKey.reveal(), 'hex'), 'bus');
  return stack.start('bus', new NatsBus({ access, key, now, log }));
}

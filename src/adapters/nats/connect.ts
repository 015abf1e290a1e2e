/**
 * A connection to NATS, by the client of its makers (`@nats-io/transport-node`: it speaks JetStream too and is kept up).
 * Loaded only where NATS is used.
 */
import { readFileSync, statSync } from 'node:fs';
import {
  type Authenticator,
  connect,
  credsAuthenticator,
  jwtAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { Secret } from '#core/kernel/secret.ts';
import { readNatsServers } from './servers.ts';

export interface NatsAccess {
  /** As `readNatsServers` takes them. */
  readonly url: Secret;
  /** A file of NATS with a JWT and the seed of its key. */
  readonly credentialsFile?: string | undefined;
  /** PEM files. */
  readonly authorityFile?: string | undefined;
  readonly certificateFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Beside or in place of those in the URL. */
  readonly token?: Secret | undefined;
  readonly user?: string | undefined;
  readonly password?: Secret | undefined;
  readonly nkeySeed?: Secret | undefined;
  readonly jwt?: Secret | undefined;
}

/**
 * One connection for one life: it does not reconnect, because a client that does takes messages while it is away and loses
 * them. Whoever holds it connects again.
 *
 * @throws FleetError `invalid` when what was configured cannot be used, `forbidden` when the server refuses us
 */
export async function connectNats(access: NatsAccess, name: string): Promise<NatsConnection> {
  const servers = readNatsServers(access.url.reveal());
  if (typeof servers === 'string') throw new FleetError('invalid', `NATS: ${servers}`);
  const { authorityFile, certificateFile, keyFile } = access;
  const tls = {
    ...(authorityFile !== undefined && { ca: readFileSync(authorityFile, 'utf8') }),
    ...(certificateFile !== undefined && { cert: readFileSync(certificateFile, 'utf8') }),
    ...(keyFile !== undefined && { key: readPrivate(keyFile) }),
  };
  const isEncrypted = servers.isEncrypted || Object.keys(tls).length > 0;
  try {
    return await connect({
      name,
      servers: [...servers.addresses],
      authenticator: authenticators(access, servers),
      reconnect: false,
      ignoreClusterUpdates: true,
      timeout: 5_000,
      pingInterval: 10_000,
      maxPingOut: 2,
      ...(isEncrypted && { tls }), // without it the client talks in plain text to a server that does not encrypt
    });
  } catch (error) {
    throw isRefusal(error)
      ? new FleetError('forbidden', `NATS refuses the connection: ${(error as Error).message}`, { cause: error })
      : error;
  }
}

/** Rejects once the server says that something was not allowed: the client itself throws nowhere. */
export function refusals(connection: NatsConnection): Promise<never> {
  const refused = (async () => {
    for await (const status of connection.status()) {
      if (status.type === 'error') throw new FleetError('forbidden', `NATS refuses: ${status.error.message}`);
    }
    throw new Error('the connection has ended');
  })();
  refused.catch(() => {}); // raced by the caller
  return refused;
}

function authenticators(access: NatsAccess, urls: { user?: string; password?: string; token?: string }) {
  const { credentialsFile, nkeySeed, jwt } = access;
  const token = access.token?.reveal() ?? urls.token;
  const user = access.user ?? urls.user;
  const seed = nkeySeed && Buffer.from(nkeySeed.reveal());
  const all: Authenticator[] = [];
  if (credentialsFile !== undefined) all.push(credsAuthenticator(Buffer.from(readPrivate(credentialsFile))));
  if (jwt !== undefined) all.push(jwtAuthenticator(jwt.reveal(), seed));
  else if (seed !== undefined) all.push(nkeyAuthenticator(seed));
  if (token !== undefined) all.push(tokenAuthenticator(token));
  if (user !== undefined) all.push(usernamePasswordAuthenticator(user, access.password?.reveal() ?? urls.password));
  return all;
}

/** @throws FleetError `invalid` when others could read it */
function readPrivate(file: string): string {
  if ((statSync(file).mode & 0o077) !== 0)
    throw new FleetError('invalid', `${file} holds a secret and is open to other users; run: chmod 600 ${file}`);
  return readFileSync(file, 'utf8');
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const text = `${error.name} ${error.message} ${error.cause instanceof Error ? error.cause.message : ''}`;
  return /authorization|authentication|certificate|self-signed|altname|tls/i.test(text);
}

import { isIP } from 'node:net';
import { buildConnector } from 'undici';
import { hostOf } from './address-rule.ts';
import { isForbiddenName, whyForbidden } from './forbidden-addresses.ts';
import type { ResolveHost } from './resolver.ts';

/** The receiver is somewhere nothing is sent to. */
export class ForbiddenAddress extends Error {
  readonly code = 'FORBIDDEN_ADDRESS';
}

/** The name has no address at the moment. */
export class Unresolved extends Error {
  readonly code = 'UNRESOLVED';
}

export interface PinnedConnectorOptions {
  readonly resolve: ResolveHost;
  readonly arePrivateAllowed: boolean;
  readonly connectTimeoutMs: number;
}

/**
 * Connects to an address that was checked, and to no other: the name is resolved here, every address of it is checked, and the
 * connection is made to the first one, by number. What the name answers a moment later changes nothing. TLS still proves
 * the name. Literal addresses come this way too, which a `lookup` would never see.
 */
export function pinnedConnector(options: PinnedConnectorOptions): buildConnector.connector {
  const connect = buildConnector({ timeout: options.connectTimeoutMs, allowH2: false, autoSelectFamily: false });
  return (target, callback) => {
    const host = hostOf(target);
    pin(host, options).then(
      (address) =>
        connect(
          // with exactOptionalPropertyTypes an absent name is left out, which means the address itself
          { ...target, hostname: address, host: address, ...(isIP(host) === 0 && { servername: host }) },
          callback,
        ),
      (error: Error) => callback(error, null),
    );
  };
}

async function pin(host: string, { resolve, arePrivateAllowed }: PinnedConnectorOptions): Promise<string> {
  if (!arePrivateAllowed && isForbiddenName(host)) throw new ForbiddenAddress(`${host} leads inside`);
  const addresses = await resolve(host).catch((cause) => {
    throw new Unresolved(`${host} does not resolve`, { cause });
  });
  for (const address of addresses) {
    const why = arePrivateAllowed ? undefined : whyForbidden(address);
    if (why !== undefined) throw new ForbiddenAddress(`${host} is ${address}, ${why}`);
  }
  const [first] = addresses;
  if (first === undefined) throw new Unresolved(`${host} has no address`);
  return first;
}

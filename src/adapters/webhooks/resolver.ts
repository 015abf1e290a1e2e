import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';

/** Every address of a name. @throws the error of the resolver, with its code. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

/** Names that only the system knows (its hosts file) are asked for by so many at a time: each holds a thread meanwhile. */
const MOST_SYSTEM_LOOKUPS = 2;

export interface ResolverOptions {
  /** `address:port`. Default: those of the system. */
  readonly servers?: readonly string[];
}

/**
 * Asks name servers without holding threads, so that names whose servers are dead keep nobody waiting. What they do not know
 * is asked of the system, unless servers are given.
 */
export function resolver({ servers }: ResolverOptions = {}): ResolveHost {
  let systemLookups = 0;
  async function askSystem(host: string, cause: unknown): Promise<readonly string[]> {
    if (servers !== undefined || systemLookups >= MOST_SYSTEM_LOOKUPS) throw cause;
    systemLookups += 1;
    try {
      return (await lookup(host, { all: true })).map(({ address }) => address);
    } finally {
      systemLookups -= 1;
    }
  }
  return async (host) => {
    if (isIP(host) !== 0) return [host];
    const asking = new Resolver({ timeout: 2_000, tries: 2 });
    if (servers !== undefined) asking.setServers([...servers]);
    const found = await Promise.allSettled([asking.resolve4(host), asking.resolve6(host)]);
    const addresses = found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    if (addresses.length > 0) return addresses;
    return askSystem(host, found[0].status === 'rejected' ? found[0].reason : new Error(`${host} has no address`));
  };
}

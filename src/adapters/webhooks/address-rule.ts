import { isIP } from 'node:net';
import type { AddressRule } from '#core/webhooks/ports.ts';
import { isForbiddenName, whyForbidden } from './forbidden-addresses.ts';
import type { ResolveHost } from './resolver.ts';

export interface AddressRuleOptions {
  readonly resolve: ResolveHost;
  /** Private addresses are allowed, as an operator may wish for receivers of his own. */
  readonly arePrivateAllowed: boolean;
}

/** The address of a webhook as it is made. Connections are checked again, each by itself (`pinned-connector.ts`). */
export function addressRule({ resolve, arePrivateAllowed }: AddressRuleOptions): AddressRule {
  return {
    async check(text) {
      const url = URL.parse(text);
      if (url === null || !/^https?:$/.test(url.protocol)) return 'is not an http or https URL';
      if (url.username !== '' || url.password !== '') return 'has a user or a password: send them as a header';
      if (url.hash !== '') return 'has a fragment, which is never sent: leave out what follows the #';
      if (url.port === '0') return 'has port 0';
      if (arePrivateAllowed) return undefined;
      return checkHost(hostOf(url), resolve);
    },
  };
}

/** Without brackets and without the dot that ends an absolute name. */
export function hostOf({ hostname }: Pick<URL, 'hostname'>): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

async function checkHost(host: string, resolve: ResolveHost): Promise<string | undefined> {
  if (host === '') return 'has no host';
  if (isForbiddenName(host)) return `leads inside: ${host}`;
  if (isIP(host) !== 0) return describe(host, host);
  const addresses = await resolve(host).catch(() => []);
  for (const address of addresses) {
    const problem = describe(host, address);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function describe(host: string, address: string): string | undefined {
  const why = whyForbidden(address);
  if (why === undefined) return undefined;
  return host === address ? `${address} is ${why}` : `${host} is ${address}, ${why}`;
}

import type { Option } from 'commander';
import { option } from '../../command-spec.ts';
import type { Invocation } from '../../invocation.ts';
import type { BundleAddresses } from './bundle-directory.ts';

interface BundleOptions {
  readonly out: string;
  readonly tls?: string;
  readonly nodes?: string;
}

/** What a bundle says of its controller, beside the address this command line uses. */
export function addressOptions(): Option[] {
  return [
    option('--tls <url>', 'API over TLS as the outpost reaches it (default: as the profile says)'),
    option('--nodes <host:port>', 'node listener as the outpost reaches it (default: as the profile says)'),
  ];
}

export async function addressesFor(invocation: Invocation): Promise<BundleAddresses> {
  const { tls, nodes } = invocation.opts<BundleOptions>();
  const credentials = await invocation.credentials();
  return { api: credentials.api, tls: tls ?? credentials.tls, nodes: nodes ?? credentials.nodes };
}

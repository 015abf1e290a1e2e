import type { Option } from 'commander';
import { hostPort, parseHostPort } from '#runtime/host-port.ts';
import { usageError } from '../../cli-error.ts';
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
  return {
    api: credentials.api,
    tls: tls ?? credentials.tls,
    nodes: nodes === undefined ? credentials.nodes : readNodes(nodes),
  };
}

function readNodes(nodes: string): string {
  const read = parseHostPort(nodes, 7071);
  if (read === undefined)
    throw usageError(`--nodes is host:port, such as fleet.example.net:7071, not ${JSON.stringify(nodes)}`);
  return hostPort(read.host, read.port);
}

import type { AdminNode } from '#client/edge-admin/wire.ts';
import type { Host } from '#client/edge-fleet/wire.ts';
import type { Invocation } from '../../invocation.ts';

/** One machine as both surfaces see it: Edge Admin's view, and what edge-fleet adds to it. */
export type NamedNode = Omit<AdminNode, 'api_token' | 'proxy_password'> &
  Partial<Pick<AdminNode, 'api_token' | 'proxy_password'>> & {
    readonly name: string | null;
    readonly tags: readonly string[];
    readonly os: string | null;
    readonly arch: string | null;
  };

/** Without the tokens of the node unless they are asked for: a list is looked at over shoulders. */
export function nameNode(node: AdminNode, host: Host | undefined, showSecrets = false): NamedNode {
  const { id, api_token, proxy_password, ...rest } = node;
  return {
    id,
    name: host?.name ?? null,
    ...rest,
    tags: host?.tags ?? [],
    os: host?.capabilities.os ?? null,
    arch: host?.capabilities.arch ?? null,
    ...(showSecrets && { api_token, proxy_password }),
  };
}

/** Hosts by bare UUID; none when this caller may not read them. */
export async function hostsByUuid(invocation: Invocation): Promise<ReadonlyMap<string, Host>> {
  const hosts = new Map<string, Host>();
  try {
    const client = await invocation.edgeFleet();
    for await (const host of client.hosts()) hosts.set(host.node_id.replace(/^n-/, ''), host);
  } catch {
    // names and tags are an addition; the list of Edge Admin stands without them
  }
  return hosts;
}

import type { Static } from 'typebox';
import { nodeHostname, nodeName } from '#core/clusters/network-names.ts';
import { healthOf } from '#core/nodes/health.ts';
import type { Node } from '#core/nodes/node.ts';
import type { NodeSecrets } from '#core/nodes/node-secrets.ts';
import { type PresenceOptions, presenceOf } from '#core/nodes/presence.ts';
import type { LastUpdate } from '#core/updates/last-update.ts';
import type * as Wire from '../wire/nodes.ts';
import { writeInstant } from './instants.ts';

const MASKED = '********';

export interface NodeView {
  readonly now: Date;
  readonly presence: PresenceOptions;
  /** Undefined: the caller may not see them. */
  readonly secrets: NodeSecrets | undefined;
}

export function writeNode(node: Node, { now, presence, secrets }: NodeView): Static<typeof Wire.Node> {
  const { id, clusterName, ports } = node;
  return {
    id,
    node_name: nodeName(id),
    vpn_hostname: nodeHostname(id, clusterName),
    mdns_hostname: `${nodeName(id)}.local`,
    cluster_name: clusterName,
    id_type: node.idType,
    status: healthOf(presenceOf(node, now, presence).kind, node.isHealthy),
    version: node.version || null,
    self_update_enabled: node.isSelfUpdateEnabled,
    http_port: ports.http ?? 0,
    ssh_port: ports.ssh ?? 0,
    ssh_host_keys: sshHostKeysOf(node),
    host_metrics_port: ports.host_metrics ?? 0,
    wireguard_metrics_port: ports.wireguard_metrics ?? 0,
    http_proxy_port: ports.http_proxy ?? 0,
    socks5_proxy_port: ports.socks5_proxy ?? 0,
    api_token: secrets?.apiToken.reveal() ?? MASKED,
    proxy_password: secrets?.proxyPassword.reveal() ?? MASKED,
    netmaker_host_id: node.overlayHostId,
    last_seen_at: writeInstant(node.lastSeenAt),
    inserted_at: node.enrolledAt.toISOString(),
    updated_at: node.updatedAt.toISOString(),
  };
}

/** As the node said them when it connected; it is the host that claims them. */
function sshHostKeysOf({ facts: { sshHostKeys } }: Node): string[] {
  return Array.isArray(sshHostKeys) ? sshHostKeys.filter((line): line is string => typeof line === 'string') : [];
}

export function writeLastUpdate(update: LastUpdate | undefined): Static<typeof Wire.Node>['last_update'] {
  if (update === undefined) return null;
  const { requestId, at, ...rest } = update;
  return { request_id: requestId, ...rest, at: at.toISOString() };
}

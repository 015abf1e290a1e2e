import type { Static } from 'typebox';
import type { Alias } from '#core/aliases/alias.ts';
import { nodeHostname } from '#core/clusters/network-names.ts';
import type * as Wire from '../wire/aliases.ts';

export function writeAlias(alias: Alias): Static<typeof Wire.Alias> {
  const { id, name, nodeId, clusterName, createdAt, updatedAt } = alias;
  return {
    id,
    name,
    vpn_hostname: nodeHostname(name, clusterName),
    node_id: nodeId,
    cluster_name: clusterName,
    inserted_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}

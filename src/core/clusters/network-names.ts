import type { NodeId } from '../kernel/ids.ts';

/** The zone of every name of the overlay (seed 001). */
export const OVERLAY_DOMAIN = 'nm.internal';

export function networkName(clusterName: string): string {
  return `cluster-${clusterName}`;
}

export function clusterDomain(clusterName: string): string {
  return `${networkName(clusterName)}.${OVERLAY_DOMAIN}`;
}

/** Name of a node that never changes; it holds the id. */
export function nodeName(nodeId: NodeId): string {
  return `node-${nodeId}`;
}

/** `label` is a node's id or one of its aliases. */
export function nodeHostname(label: string, clusterName: string): string {
  return `node-${label}.${clusterDomain(clusterName)}`;
}

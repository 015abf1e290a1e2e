import type { NodePlace } from '#core/metrics/store.ts';
import type { ScrapeTarget } from './wire/metrics.ts';

/** A node as Prometheus scrapes it: at the controller, which has its figures. */
export function writeScrapeTarget(
  { nodeId, name, clusterName }: NodePlace,
  { type, url }: { readonly type: 'host' | 'agent'; readonly url: URL },
): ScrapeTarget {
  const defaultPort = url.protocol === 'https:' ? '443' : '80';
  return {
    targets: [`${url.hostname}:${url.port || defaultPort}`],
    labels: {
      __scheme__: url.protocol.slice(0, -1),
      __metrics_path__: `${url.pathname.replace(/\/$/, '')}/api/v1/nodes/${nodeId}/metrics/${type}/raw`,
      job: `node-${type}-metrics`,
      instance: name,
      node_id: nodeId,
      cluster: clusterName,
    },
  };
}

import type { Static } from 'typebox';
import type { Overview as CoreOverview } from '#core/overview/read-overview.ts';
import type { Overview } from '../wire/overview.ts';

export function writeOverview({ nodes, runs, dispatches, needs }: CoreOverview): Static<typeof Overview> {
  const { connected, stale, disconnected, revoked } = nodes.byPresence;
  return {
    nodes: {
      total: connected + stale + disconnected + revoked,
      by_status: { Connected: connected, Unhealthy: stale, Disconnected: disconnected, Revoked: revoked },
      by_version: [...nodes.byVersion],
      by_os: [...nodes.bySystem],
    },
    runs: runs && { running: runs.running, failed_today: runs.failedToday },
    dispatches,
    needs: {
      waiting_nodes: needs.waitingNodes,
      ending_certificates: needs.endingCertificates,
      approvals: needs.approvals,
      failing_webhooks: needs.failingWebhooks,
    },
  };
}

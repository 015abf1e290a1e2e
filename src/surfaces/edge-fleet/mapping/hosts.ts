import type { Execution } from '#core/executions/execution.ts';
import type { Node, NodeSummary } from '#core/nodes/node.ts';
import { type PresenceKind, presenceOf, STALE_AFTER_MS } from '#core/nodes/presence.ts';
import { writeExecutionId, writeNodeId } from '../ids.ts';
import type { WireHostDetail, WireHostStatus } from '../wire/hosts.ts';
import { writeInstant } from './instant.ts';
import { writeNodeOutcome } from './node-outcome.ts';

export const HOST_STATUS: Readonly<Record<PresenceKind, WireHostStatus>> = {
  revoked: 'Revoked',
  connected: 'Connected',
  stale: 'Unhealthy',
  disconnected: 'Disconnected',
};

export const PRESENCE: Readonly<Record<WireHostStatus, PresenceKind>> = {
  Revoked: 'revoked',
  Connected: 'connected',
  Unhealthy: 'stale',
  Disconnected: 'disconnected',
};

export function writeCounts(counts: Readonly<Record<PresenceKind, number>>): Record<WireHostStatus, number> {
  return {
    Connected: counts.connected,
    Unhealthy: counts.stale,
    Disconnected: counts.disconnected,
    Revoked: counts.revoked,
  };
}

export function writeHost(node: Node, now: Date) {
  const { kind, since } = presenceOf(node, now, { staleAfterMs: STALE_AFTER_MS });
  return {
    node_id: writeNodeId(node.id),
    name: node.name,
    tenant_id: node.tenantSlug,
    status: HOST_STATUS[kind],
    since: writeInstant(since),
    last_heartbeat_at: node.lastSeenAt && writeInstant(node.lastSeenAt),
    tags: [...node.tags],
    capabilities: {
      os: node.os || null,
      arch: node.arch || null,
      local_tools: [...node.localTools],
      labels: { ...node.labels },
      mount_points: [...node.mounts],
      invocable_tools: [...node.invocableTools],
      version: node.version || null,
    },
  };
}

export function writeHostDetail(node: Node, recent: readonly Execution[], now: Date): WireHostDetail {
  return {
    ...writeHost(node, now),
    enrolled_at: writeInstant(node.enrolledAt),
    recent_commands: recent.flatMap(writeRecentCommand),
  };
}

/** Commands that never went out to the host are none of its commands. */
function writeRecentCommand(execution: Execution): WireHostDetail['recent_commands'] {
  if (execution.sentAt === null) return [];
  return [
    {
      command_id: writeExecutionId(execution.id),
      tool: execution.tool,
      dispatched_at: writeInstant(execution.sentAt),
      outcome: writeNodeOutcome(execution),
      duration_ms: execution.durationMs,
    },
  ];
}

export function writeMember({ id, name, presence }: NodeSummary) {
  return { node_id: writeNodeId(id), name, status: HOST_STATUS[presence] };
}

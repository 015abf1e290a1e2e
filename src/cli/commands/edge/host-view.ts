import type { HostDetail } from '#client/edge-fleet/wire.ts';
import type { Invocation } from '../../invocation.ts';
import { paintStatus } from '../../output/paint.ts';
import { factsView, tableView, type View } from '../../output/print-view.ts';
import { formatDuration } from '../../output/times.ts';

export function hostView(host: HostDetail, invocation: Invocation): View {
  const { os, arch, local_tools, labels } = host.capabilities;
  const facts = factsView(host, [
    ['name', host.name],
    ['node id', host.node_id],
    ['tenant', host.tenant_id],
    ['status', `${paintStatus(invocation.paint, host.status)} since ${invocation.ago(host.since)}`],
    ['heartbeat', invocation.ago(host.last_heartbeat_at)],
    ['enrolled', invocation.ago(host.enrolled_at)],
    ['platform', [os, arch].filter(Boolean).join('/')],
    ['tags', host.tags.join(', ')],
    ['tools', local_tools.join(', ')],
    [
      'labels',
      Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join('\n'),
    ],
  ]);
  const recent = tableView(
    host.recent_commands,
    [
      { header: 'RECENT COMMAND', value: (one) => one.command_id },
      { header: 'TOOL', value: (one) => one.tool, isFlexible: true },
      { header: 'OUTCOME', value: (one) => one.outcome, paint: (text) => paintStatus(invocation.paint, text) },
      { header: 'WHEN', value: (one) => invocation.ago(one.dispatched_at) },
      {
        header: 'TOOK',
        value: (one) => (one.duration_ms === null ? null : formatDuration(one.duration_ms)),
        isNumber: true,
      },
    ],
    'Nothing has been run on it.',
  );
  return { data: host, text: async (style) => `${await facts.text(style)}\n${await recent.text(style)}` };
}

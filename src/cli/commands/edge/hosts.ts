import type { HostDetail } from '#client/edge-fleet/wire.ts';
import { collect } from '#client/walk-pages.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import type { Invocation } from '../../invocation.ts';
import { paintStatus } from '../../output/paint.ts';
import { factsView, sentenceView, tableView, type View } from '../../output/print-view.ts';
import { formatDuration } from '../../output/times.ts';
import { wholeNumber } from '../../parse/read-number.ts';
import { repeated } from '../../parse/read-pairs.ts';
import { resolveNodeId } from '../../resolve-target.ts';

function hostView(host: HostDetail, invocation: Invocation): View {
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

interface Options {
  readonly tag?: readonly string[];
  readonly label?: readonly string[];
  readonly connected?: boolean;
  readonly limit?: number;
}

export const ls: CommandSpec = {
  name: 'ls',
  aliases: ['list'],
  description: 'List the hosts.',
  options: [
    option('--tag <tag>', 'hosts with this tag; may be repeated', repeated),
    option('--label <key=value>', 'hosts with this label; may be repeated', repeated),
    option('--connected', 'connected hosts only'),
    option('--limit <n>', 'at most so many', wholeNumber(1)),
  ],
  examples: [
    ['garrison edge ls --connected', 'who can be run on now'],
    ['garrison edge ls --tag prod --tag web --label region=eu', 'all of these together'],
  ],
  run: async (invocation) => {
    const { tag = [], label = [], connected, limit } = invocation.opts<Options>();
    const client = await invocation.edgeFleet();
    const hosts = await collect(client.hosts({ tags: tag, labels: label, connected }), limit);
    await invocation.print(
      tableView(
        hosts,
        [
          { header: 'NAME', value: (host) => host.name },
          { header: 'NODE_ID', value: (host) => host.node_id },
          { header: 'TENANT', value: (host) => host.tenant_id, isFlexible: true },
          { header: 'STATUS', value: (host) => host.status, paint: (text) => paintStatus(invocation.paint, text) },
          { header: 'OS', value: (host) => host.capabilities.os, isFlexible: true },
          { header: 'ARCH', value: (host) => host.capabilities.arch, isFlexible: true },
          { header: 'TAGS', value: (host) => host.tags.join(','), isFlexible: true },
          { header: 'HEARTBEAT', value: (host) => invocation.ago(host.last_heartbeat_at) },
        ],
        'No hosts. garrison edge enroll-token issues a token to join one.',
      ),
    );
  },
};

export const show: CommandSpec = {
  name: 'show',
  description: 'Show one host and what was run on it lately.',
  arguments: [argument('<host>', 'name or id')],
  examples: [['garrison edge show web-1', 'by name']],
  run: async (invocation, nameOrId: string) => {
    const client = await invocation.edgeFleet();
    await invocation.print(hostView(await client.host(await resolveNodeId(client, nameOrId)), invocation));
  },
};

export const rename: CommandSpec = {
  name: 'rename',
  description: 'Give a host another name.',
  arguments: [argument('<host>', 'name or id'), argument('<name>', 'the new name')],
  examples: [['garrison edge rename web-1 frontend-1', 'its id stays']],
  run: async (invocation, nameOrId: string, name: string) => {
    const client = await invocation.edgeFleet();
    const host = await client.updateHost(await resolveNodeId(client, nameOrId), { name });
    await invocation.print(sentenceView(host, `${nameOrId} is called ${host.name} now`));
  },
};

export const revoke: CommandSpec = {
  name: 'revoke',
  description: 'Revoke hosts: their certificates end, their sessions are cut, their record stays.',
  arguments: [argument('<host...>', 'names or ids')],
  examples: [['garrison edge revoke web-1', 'it is out within two seconds']],
  run: async (invocation, hosts: string[]) => {
    const client = await invocation.edgeFleet();
    for (const host of hosts) {
      const id = await resolveNodeId(client, host);
      await client.revokeHost(id);
      await invocation.print(sentenceView({ node_id: id, revoked: true }, `revoked ${host}`));
    }
  },
};

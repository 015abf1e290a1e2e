import { Option } from 'commander';
import type { AgentFigures, CapacityFigures, HostFigures, ProcessFigures } from '#client/edge-admin/wire.ts';
import { argument, type CommandSpec } from '../../command-spec.ts';
import type { Invocation } from '../../invocation.ts';
import { factsView, type View } from '../../output/print-view.ts';
import { formatBytes } from '../../output/sizes.ts';
import type { Facts } from '../../output/table.ts';
import { resolveNodeUuid } from '../../resolve-node-uuid.ts';

/** A machine; what has no source there is a dash, and no line where there can be many. */
function hostFacts(host: HostFigures): Facts {
  const { cpu, processes } = host;
  const loads = [cpu.load_1m, cpu.load_5m, cpu.load_15m];
  return [
    ['up', host.uptime.human],
    ['processors', cpu.usage_percent === null ? cpu.cores : `${cpu.usage_percent} % of ${cpu.cores}`],
    ['load', loads.includes(null) ? null : loads.join(' ')],
    ['memory', usage(host.memory)],
    ['swap', usage(host.swap)],
    ...host.disks.map((disk) => [`disk ${disk.mount}`, usage(disk)] as const),
    ...host.network.map(
      (one) =>
        [
          `network ${one.interface}`,
          `${formatBytes(one.received_bytes)} in, ${formatBytes(one.sent_bytes)} out`,
        ] as const,
    ),
    ['processes', processes.total],
    ...host.temperatures.map(({ sensor, celsius }) => [`sensor ${sensor}`, `${celsius} °C`] as const),
  ];
}

function agentFacts(agent: AgentFigures): Facts {
  const [queue] = agent.oban_queues;
  const { spool, commands } = agent;
  return [
    ['daemon', processLine(agent.application)],
    [
      'executions',
      queue && `${queue.executing} running, ${queue.available} waiting, ${commands.completed_total} ended`,
    ],
    ['unconfirmed results', spool.unconfirmed],
    ['unconfirmed output', formatBytes(spool.spooled_bytes)],
    ['journal', formatBytes(spool.journal_bytes)],
  ];
}

/** `up 5h 25m, 80.0 MiB, 12.5 s of processor`. */
export function processLine(figures: ProcessFigures): string {
  const { uptime_human: uptime, memory_total_bytes: memory, cpu_seconds_total: seconds } = figures;
  const parts = [
    uptime !== null && `up ${uptime}`,
    memory !== null && formatBytes(memory),
    seconds !== null && `${seconds.toFixed(1)} s of processor`,
  ];
  return parts.filter((part) => part !== false).join(', ');
}

function usage({ total_bytes: total, used_bytes: used, usage_percent: percent }: CapacityFigures): string | null {
  if (total === null || used === null) return null;
  if (total === 0) return 'none';
  return `${formatBytes(used)} of ${formatBytes(total)} (${percent ?? 0} %)`;
}

type Part = 'host' | 'agent';

export const metrics: CommandSpec = {
  name: 'metrics',
  description: 'Show how a machine is: processors, memory, disks, network, and its daemon.',
  arguments: [argument('<node>', 'name or id')],
  options: [new Option('--only <part>', 'the machine without its daemon, or the daemon').choices(['host', 'agent'])],
  examples: [
    ['garrison nodes metrics web-1', 'as it was told last'],
    ['garrison nodes metrics web-1 --only host --output json', 'the machine alone, for a program'],
  ],
  run: async (invocation, nameOrId: string) => {
    const { only } = invocation.opts<{ only?: Part }>();
    const id = await resolveNodeUuid(invocation, nameOrId);
    await invocation.print(only === undefined ? await both(invocation, id) : await half(invocation, id, only));
  },
};

async function both(invocation: Invocation, id: string): Promise<View> {
  const metrics = await (await invocation.edgeAdmin()).nodeMetrics(id);
  const { host, agent } = metrics;
  const isTold = host.available || agent.available;
  return factsView(metrics, [
    ['cluster', metrics.cluster_name],
    ['told', isTold ? invocation.ago(metrics.timestamp) : 'not in the last five minutes'],
    ...(host.available ? hostFacts(host) : []),
    ...(agent.available ? agentFacts(agent) : []),
  ]);
}

async function half(invocation: Invocation, id: string, part: Part): Promise<View> {
  const client = await invocation.edgeAdmin();
  if (part === 'host') {
    const metrics = await client.nodeHostMetrics(id);
    return factsView(metrics, [['told', invocation.ago(metrics.timestamp)], ...hostFacts(metrics)]);
  }
  const metrics = await client.nodeAgentMetrics(id);
  return factsView(metrics, [['told', invocation.ago(metrics.timestamp)], ...agentFacts(metrics)]);
}

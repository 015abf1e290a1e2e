import type { AgentFigures, CapacityFigures, HostFigures, ProcessFigures } from '#client/edge-admin/wire.ts';
import { formatBytes } from '../../output/sizes.ts';
import type { Facts } from '../../output/table.ts';

/** A machine; what has no source there is a dash, and no line where there can be many. */
export function hostFacts(host: HostFigures): Facts {
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

export function agentFacts(agent: AgentFigures): Facts {
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

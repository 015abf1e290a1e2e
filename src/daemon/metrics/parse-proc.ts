import type { Capacity, InterfaceMetrics } from '#protocol/gen/garrison/node/v1/node.ts';

const MAX_INTERFACES = 64;

/** Memory and swap of /proc/meminfo: proc_meminfo(5). */
export function parseMemory(meminfo: string): {
  readonly memory: Capacity | undefined;
  readonly swap: Capacity | undefined;
} {
  const bytes = (name: string) => {
    const kilobytes = new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(meminfo)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  };
  return {
    memory: capacity(bytes('MemTotal'), bytes('MemAvailable')),
    swap: capacity(bytes('SwapTotal'), bytes('SwapFree')),
  };
}

/** The three averages of /proc/loadavg. */
export function parseLoad(
  loadavg: string,
): [one: number | undefined, five: number | undefined, fifteen: number | undefined] {
  const [one, five, fifteen] = loadavg.split(' ', 3).map(numberOf);
  return [one, five, fifteen];
}

/** Whole seconds of /proc/uptime. */
export function parseUptime(uptime: string): number | undefined {
  const seconds = numberOf(uptime.split(' ')[0] ?? '');
  return seconds === undefined ? undefined : Math.floor(seconds);
}

/** Reads /proc/stat: processes and threads that run or could. */
export function parseRunnable(stat: string): number | undefined {
  return numberOf(/^procs_running (\d+)$/m.exec(stat)?.[1] ?? '');
}

/** Reads /proc/net/dev, without the loopback. */
export function parseInterfaces(netDev: string): InterfaceMetrics[] {
  const lines = netDev.matchAll(/^ *([^\s:]+): *(.*)$/gm);
  return [...lines]
    .filter(([, name]) => name !== 'lo')
    .slice(0, MAX_INTERFACES)
    .map(([, name = '', counters = '']) => {
      const counts = counters.split(/ +/).map(Number);
      const at = (place: number) => countable(counts[place] ?? 0);
      return { name, receivedBytes: at(0), receiveErrors: at(2), sentBytes: at(8), sendErrors: at(10) };
    });
}

function capacity(totalBytes: number | undefined, availableBytes: number | undefined): Capacity | undefined {
  return totalBytes === undefined || availableBytes === undefined ? undefined : { totalBytes, availableBytes };
}

/** As the protocol can carry it. */
export function countable(count: number): number {
  return Number.isFinite(count) ? Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round(count))) : 0;
}

function numberOf(text: string): number | undefined {
  return text === '' || Number.isNaN(Number(text)) ? undefined : Number(text);
}

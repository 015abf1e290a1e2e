/** Ticks since boot of each processor by its name in /proc/stat, `cpu` being all together. */
export type CpuTimes = ReadonlyMap<string, { readonly total: number; readonly idle: number }>;

export interface CpuUsage {
  /** The usage of all processors together; undefined when no time has passed. */
  readonly all: number | undefined;
  readonly cores: readonly number[];
}

/** Reads the text of /proc/stat, see proc_stat(5). Time a guest runs is in user and nice already; waiting for a disk is idle. */
export function parseCpuTimes(stat: string): CpuTimes {
  const lines = stat.matchAll(/^(cpu\d*) +(.*)$/gm);
  return new Map(
    [...lines].map(([, name = '', fields = '']) => {
      const ticks = fields.split(' ').slice(0, 8).map(Number);
      const total = ticks.reduce((sum, count) => sum + count, 0);
      return [name, { total, idle: (ticks[3] ?? 0) + (ticks[4] ?? 0) }];
    }),
  );
}

/** Share of the time between two readings that was not idle, in percent. A processor that came in between has no share yet. */
export function cpuUsageBetween(before: CpuTimes, after: CpuTimes): CpuUsage {
  const shares = [...after].flatMap(([name, now]) => {
    const then = before.get(name);
    const passed = now.total - (then?.total ?? now.total);
    if (then === undefined || passed <= 0) return [];
    const share = 100 * (1 - (now.idle - then.idle) / passed);
    return [{ name, share: Math.round(Math.min(100, Math.max(0, share)) * 10) / 10 }];
  });
  return {
    all: shares.find(({ name }) => name === 'cpu')?.share,
    cores: shares.filter(({ name }) => name !== 'cpu').map(({ share }) => share),
  };
}

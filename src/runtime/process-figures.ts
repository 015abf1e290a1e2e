export interface ProcessFigures {
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  /** User and system, since it started. */
  readonly cpuSeconds: number;
  readonly uptimeSeconds: number;
}

/** What this process takes of its machine. */
export function readProcessFigures(): ProcessFigures {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    residentBytes: rss,
    heapUsedBytes: heapUsed,
    cpuSeconds: (user + system) / 1e6,
    uptimeSeconds: Math.floor(process.uptime()),
  };
}

import type { Cgroup } from './limits/cgroup.ts';
import type { SlotWork } from './slot-site.ts';

const MIB = 1024 * 1024;
const DEFAULTS = { memory_mb: 4096, processes: 512, disk_mb: 10_240, file_mb: 2_048 } as const;

export function cgroupLimits({ args: { limits }, entry }: SlotWork) {
  const memory = limits?.memory_mb ?? Math.max(DEFAULTS.memory_mb, entry.minMemoryMb);
  return {
    memoryBytes: memory * MIB,
    processes: limits?.processes ?? DEFAULTS.processes,
    cpus: limits?.cpus,
  };
}

export function rlimitsOf({ args: { limits } }: SlotWork, cgroup: Cgroup | undefined) {
  return {
    processes: cgroup === undefined ? (limits?.processes ?? DEFAULTS.processes) : undefined,
    fileBytes: (limits?.file_mb ?? DEFAULTS.file_mb) * MIB,
    openFiles: 8192,
  };
}

export function diskLimitOf({ args: { limits } }: SlotWork): number {
  return (limits?.disk_mb ?? DEFAULTS.disk_mb) * MIB;
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Limits } from './find-limits.ts';

export interface CgroupLimits {
  readonly memoryBytes: number;
  readonly processes: number;
  /** Undefined: whatever there is. */
  readonly cpus?: number | undefined;
}

export interface CgroupFigures {
  readonly cpuMs: number | null;
  readonly peakMemoryBytes: number | null;
  /** The kernel ended something because the memory was used up. */
  readonly ranOutOfMemory: boolean;
  /** Something could not be started because there were too many processes. */
  readonly ranOutOfProcesses: boolean;
}

export interface Cgroup {
  take(pids: readonly number[]): Promise<void>;
  figures(): CgroupFigures;
  /** Ends whatever is left in it. */
  kill(): Promise<void>;
  remove(): Promise<void>;
}

const PREFIX = 'garrison-agent-';
const CPU_PERIOD_US = 100_000;

/** Undefined where limits come with each process. @throws where the kernel refuses */
export async function makeCgroup(limits: Limits, name: string, wanted: CgroupLimits): Promise<Cgroup | undefined> {
  switch (limits.kind) {
    case 'cgroup2':
      return makeV2(join(limits.root, PREFIX + name), wanted);
    case 'cgroup1':
      return makeV1(limits.controllers, PREFIX + name, wanted);
    case 'rlimits':
      return undefined;
  }
}

/** What a former life of the daemon left. @param isOurs by the name it was made with */
export async function removeFormerCgroups(limits: Limits, isOurs: (name: string) => boolean): Promise<number> {
  const places =
    limits.kind === 'cgroup2' ? [limits.root] : limits.kind === 'cgroup1' ? Object.values(limits.controllers) : [];
  const left = places.flatMap((place) =>
    listIfThere(place)
      .filter((name) => name.startsWith(PREFIX) && isOurs(name.slice(PREFIX.length)))
      .map((name) => join(place, name)),
  );
  for (const directory of left) {
    await killAll(directory);
    await removeEmpty(directory);
  }
  return left.length;
}

async function makeV2(directory: string, { memoryBytes, processes, cpus }: CgroupLimits): Promise<Cgroup> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'memory.max'), String(memoryBytes));
  await writeFile(join(directory, 'memory.swap.max'), '0').catch(() => {}); // a kernel without swap accounting
  await writeFile(join(directory, 'pids.max'), String(processes));
  if (cpus !== undefined)
    await writeFile(join(directory, 'cpu.max'), `${Math.ceil(cpus * CPU_PERIOD_US)} ${CPU_PERIOD_US}`).catch(() => {});
  return {
    take: (pids) => takeInto(directory, pids),
    figures: () => ({
      cpuMs: millis(numberIn(join(directory, 'cpu.stat'), /^usage_usec (\d+)$/m), 1e3),
      peakMemoryBytes: numberIn(join(directory, 'memory.peak'), /^(\d+)/),
      ranOutOfMemory: (numberIn(join(directory, 'memory.events'), /^oom_kill (\d+)$/m) ?? 0) > 0,
      ranOutOfProcesses: (numberIn(join(directory, 'pids.events'), /^max (\d+)$/m) ?? 0) > 0,
    }),
    kill: () => killAll(directory),
    remove: () => removeEmpty(directory),
  };
}

async function makeV1(
  controllers: Readonly<Record<string, string>>,
  name: string,
  { memoryBytes, processes, cpus }: CgroupLimits,
): Promise<Cgroup> {
  const at = (controller: string) => join(controllers[controller] ?? '/nonexistent', name);
  const directories = [...new Set(Object.values(controllers))].map((place) => join(place, name));
  for (const directory of directories) await mkdir(directory, { recursive: true });
  await writeFile(join(at('memory'), 'memory.limit_in_bytes'), String(memoryBytes));
  await writeFile(join(at('pids'), 'pids.max'), String(processes));
  if (cpus !== undefined && 'cpu' in controllers)
    await writeFile(join(at('cpu'), 'cpu.cfs_quota_us'), String(Math.ceil(cpus * CPU_PERIOD_US))).catch(() => {});
  return {
    take: async (pids) => {
      for (const directory of directories) await takeInto(directory, pids);
    },
    figures: () => ({
      cpuMs: millis(numberIn(join(at('cpuacct'), 'cpuacct.usage'), /^(\d+)/), 1e6),
      peakMemoryBytes: numberIn(join(at('memory'), 'memory.max_usage_in_bytes'), /^(\d+)/),
      ranOutOfMemory: (numberIn(join(at('memory'), 'memory.oom_control'), /^oom_kill (\d+)$/m) ?? 0) > 0,
      ranOutOfProcesses: (numberIn(join(at('pids'), 'pids.events'), /^max (\d+)$/m) ?? 0) > 0,
    }),
    kill: async () => {
      for (const directory of directories) await killAll(directory);
    },
    remove: async () => {
      for (const directory of directories) await removeEmpty(directory);
    },
  };
}

/** One that has ended meanwhile needs no limits; its exit says why. */
async function takeInto(directory: string, pids: readonly number[]): Promise<void> {
  for (const pid of pids) {
    try {
      await writeFile(join(directory, 'cgroup.procs'), String(pid));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // thrown by node:fs
    }
  }
}

const LOOKS = 100;
const LOOK_EVERY_MS = 20;

async function killAll(directory: string): Promise<void> {
  if (existsSync(join(directory, 'cgroup.kill'))) await writeFile(join(directory, 'cgroup.kill'), '1').catch(() => {});
  for (let look = 0; look < LOOKS; look += 1) {
    const pids = await pidsIn(directory);
    if (pids.length === 0) return;
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // it is gone
      }
    }
    await delay(LOOK_EVERY_MS);
  }
}

/** A process that has just ended is still counted for a moment. */
async function removeEmpty(directory: string): Promise<void> {
  for (let look = 0; look < LOOKS; look += 1) {
    try {
      return await rmdir(directory);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // thrown by node:fs
      await delay(LOOK_EVERY_MS);
    }
  }
}

async function pidsIn(directory: string): Promise<number[]> {
  try {
    return (await readFile(join(directory, 'cgroup.procs'), 'utf8')).split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function numberIn(file: string, pattern: RegExp): number | null {
  try {
    const found = pattern.exec(readFileSync(file, 'utf8'))?.[1];
    return found === undefined ? null : Number(found);
  } catch {
    return null;
  }
}

function millis(value: number | null, each: number): number | null {
  return value === null ? null : Math.round(value / each);
}

function listIfThere(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

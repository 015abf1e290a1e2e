import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostMetrics } from '#protocol/gen/garrison/node/v1/node.ts';
import { type AskDisk, askHere } from './ask-disk.ts';
import { type CpuTimes, cpuUsageBetween, parseCpuTimes } from './cpu-usage.ts';
import { parseInterfaces, parseLoad, parseMemory, parseRunnable, parseUptime } from './parse-proc.ts';
import { readDisks } from './read-disks.ts';
import { readTemperatures } from './read-temperatures.ts';

export interface HostMetricsOptions {
  /** Default `/proc`. */
  readonly proc?: string;
  /** Default `/sys`. */
  readonly sys?: string;
  /** Default: in a thread of this process. */
  readonly askDisk?: AskDisk;
}

/** Reads the figures of the host from the kernel's own files: no process is started, nothing is written. */
export class HostMetricsReader {
  readonly #proc: string;
  readonly #sys: string;
  readonly #askDisk: AskDisk;
  #times: CpuTimes | undefined;

  constructor({ proc = '/proc', sys = '/sys', askDisk = askHere }: HostMetricsOptions = {}) {
    this.#proc = proc;
    this.#sys = sys;
    this.#askDisk = askDisk;
  }

  /** Usage of the processors is that since the reading before. Undefined on a host that has no such files. */
  async read(): Promise<HostMetrics | undefined> {
    const [stat, meminfo, loadavg, uptime, netDev, mounts, entries] = await Promise.all([
      this.#textOf('stat'),
      this.#textOf('meminfo'),
      this.#textOf('loadavg'),
      this.#textOf('uptime'),
      this.#textOf('net/dev'),
      this.#textOf('self/mounts'),
      readdir(this.#proc).catch(() => []),
    ]);
    if (stat === '' && meminfo === '') return undefined;
    const processes = entries.filter((name) => /^\d+$/.test(name)).length;
    return {
      cpu: this.#cpu(stat, loadavg),
      ...parseMemory(meminfo),
      disks: await readDisks(mounts, this.#askDisk),
      interfaces: parseInterfaces(netDev),
      uptimeSeconds: parseUptime(uptime),
      processes: processes || undefined,
      runnableProcesses: parseRunnable(stat),
      temperatures: await readTemperatures(this.#sys),
    };
  }

  #cpu(stat: string, loadavg: string): HostMetrics['cpu'] {
    const times = parseCpuTimes(stat);
    const usage = this.#times && cpuUsageBetween(this.#times, times);
    this.#times = times;
    const [load1m, load5m, load15m] = parseLoad(loadavg);
    return {
      cores: Math.max(0, times.size - 1) || undefined,
      usagePercent: usage?.all,
      coreUsagePercent: [...(usage?.cores ?? [])],
      load1m,
      load5m,
      load15m,
    };
  }

  /** Empty where there is none. */
  #textOf(name: string): Promise<string> {
    return readFile(join(this.#proc, name), 'utf8').catch(() => '');
  }
}

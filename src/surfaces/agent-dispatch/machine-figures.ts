import { cpus, totalmem } from 'node:os';

/** Figures of the machine this controller runs on. */
export interface MachineFigures {
  readonly cpuUsagePercent: number;
  readonly memoryUsagePercent: number;
  readonly memoryUsedMB: number;
  readonly memoryTotalMB: number;
  readonly heapUsedMB: number;
  readonly heapTotalMB: number;
}

const MEGABYTE = 1_048_576;

/** Reads figures; the use of processors is that since the reading before, and since the boot the first time. */
export class MachineMeter {
  #before = { busy: 0, all: 0 };

  read(): MachineFigures {
    const total = totalmem();
    const used = Math.max(0, total - process.availableMemory());
    const { heapUsed, heapTotal } = process.memoryUsage();
    return {
      cpuUsagePercent: this.#cpuUsage(),
      memoryUsagePercent: Math.min(100, Math.round((100 * used) / total)),
      memoryUsedMB: Math.round(used / MEGABYTE),
      memoryTotalMB: Math.round(total / MEGABYTE),
      heapUsedMB: Math.round(heapUsed / MEGABYTE),
      heapTotalMB: Math.round(heapTotal / MEGABYTE),
    };
  }

  #cpuUsage(): number {
    const now = { busy: 0, all: 0 };
    for (const { times } of cpus()) {
      const all = Object.values(times).reduce((sum, time) => sum + time, 0);
      now.all += all;
      now.busy += all - times.idle;
    }
    const { busy, all } = this.#before;
    this.#before = now;
    const passed = now.all - all;
    return passed <= 0 ? 0 : Math.min(100, Math.max(0, Math.round((100 * (now.busy - busy)) / passed)));
  }
}

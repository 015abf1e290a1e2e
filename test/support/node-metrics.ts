import type { NodeMetrics } from '#core/metrics/node-metrics.ts';

/** A report as a daemon would send it, of a machine that is easily reckoned with. */
export const METRICS = {
  host: {
    cores: 4,
    cpuUsagePercent: 25.5,
    coreUsagePercent: [10, 20, 30, 42],
    load1m: 1.2,
    load5m: 1.1,
    load15m: 0.9,
    memory: { totalBytes: 8 * 2 ** 30, availableBytes: 2 * 2 ** 30 },
    swap: { totalBytes: 0, availableBytes: 0 },
    disks: [
      { mount: '/data', device: '/dev/sdb1', fileSystem: 'xfs', totalBytes: 2 ** 40, availableBytes: 2 ** 39 },
      { mount: '/', device: '/dev/sda1', fileSystem: 'ext4', totalBytes: 100 * 2 ** 30, availableBytes: 40 * 2 ** 30 },
    ],
    interfaces: [{ name: 'eth0', receivedBytes: 1000, sentBytes: 2000, receiveErrors: 1, sendErrors: 0 }],
    uptimeSeconds: 90_061,
    processes: 120,
    runnableProcesses: 2,
    temperatures: [{ sensor: 'coretemp Package id 0', celsius: 48.5 }],
  },
  daemon: {
    residentBytes: 80 * 2 ** 20,
    heapUsedBytes: 20 * 2 ** 20,
    cpuSeconds: 12.5,
    uptimeSeconds: 19_500,
    running: 2,
    queued: 3,
    unacknowledged: 1,
    spooledBytes: 4096,
    journalBytes: 512,
    receivedTotal: 10,
    endedTotal: 5,
    acknowledgedTotal: 4,
  },
} satisfies NodeMetrics;

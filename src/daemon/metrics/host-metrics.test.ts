import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { cpuUsageBetween, parseCpuTimes } from './cpu-usage.ts';
import { HostMetricsReader } from './host-metrics-reader.ts';
import { parseInterfaces, parseMemory } from './parse-proc.ts';
import { localDisks } from './read-disks.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** Files below a directory of their own. */
function tree(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'garrison-metrics-'));
  directories.push(root);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

const STAT = `cpu  100 0 100 700 100 0 0 0 50 0
cpu0 50 0 50 400 0 0 0 0 50 0
cpu1 50 0 50 300 100 0 0 0 0 0
intr 1 2 3
procs_running 3
procs_blocked 0
`;

const LATER = `cpu  200 0 200 1200 200 0 0 0 90 0
cpu0 150 0 150 400 0 0 0 0 90 0
cpu1 50 0 50 800 200 0 0 0 0 0
cpu2 9 0 0 0 0 0 0 0 0 0
`;

const MEMINFO = `MemTotal:        8000 kB
MemFree:          100 kB
MemAvailable:    6000 kB
SwapCached:         0 kB
SwapTotal:       1000 kB
SwapFree:         250 kB
`;

const NET_DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 999 9 0 0 0 0 0 0 999 9 0 0 0 0 0 0
  eth0:1000 10 1 2 0 0 0 0 2000 20 3 4 0 0 0 0
`;

describe('the processors', () => {
  test('were busy for the share of the ticks that were not idle, waiting for a disk being idle', () => {
    const usage = cpuUsageBetween(parseCpuTimes(STAT), parseCpuTimes(LATER));
    expect(usage).toEqual({ all: 25, cores: [100, 0] }); // the third has come in between
  });

  test('have no share where no time has passed, or their counts went back', () => {
    const [before, after] = [parseCpuTimes(STAT), parseCpuTimes(LATER)];
    expect(cpuUsageBetween(before, before)).toEqual({ all: undefined, cores: [] });
    expect(cpuUsageBetween(after, before)).toEqual({ all: undefined, cores: [] });
  });
});

describe('memory', () => {
  test('has what is available, with caches that would be given up', () => {
    expect(parseMemory(MEMINFO)).toEqual({
      memory: { totalBytes: 8_192_000, availableBytes: 6_144_000 },
      swap: { totalBytes: 1_024_000, availableBytes: 256_000 },
    });
  });

  test('is not told by a kernel that does not say what is available', () => {
    const { memory, swap } = parseMemory(MEMINFO.replace(/MemAvailable.*\n/, ''));
    expect([memory, swap?.totalBytes]).toEqual([undefined, 1_024_000]);
  });
});

describe('disks', () => {
  const mount = (source: string, point: string, type: string) => ({ source, point, type });

  test('are the root, whatever it is, and every local device once', () => {
    const mounts = [
      mount('overlay', '/', 'overlay'),
      mount('proc', '/proc', 'proc'),
      mount('/dev/sda1', '/etc/hosts', 'ext4'),
      mount('/dev/sda1', '/etc/resolv.conf', 'ext4'),
      mount('/dev/loop0', '/snap/core', 'squashfs'),
      mount('tank/home', '/home', 'zfs'),
    ];
    expect(localDisks(mounts).map(({ point }) => point)).toEqual(['/', '/etc/hosts', '/home']);
  });

  test('are never on the network, where a dead server would not answer', () => {
    const mounts = [
      mount('/dev/vda', '/', 'ext4'),
      mount('nas:/export', '/mnt/nas', 'nfs4'),
      mount('//nas/share', '/mnt/share', 'cifs'),
      mount('me@there:', '/mnt/there', 'fuse.sshfs'),
    ];
    expect(localDisks(mounts).map(({ point }) => point)).toEqual(['/']);
  });
});

describe('interfaces', () => {
  test('are all but the loopback, with what they received and sent', () => {
    expect(parseInterfaces(NET_DEV)).toEqual([
      { name: 'eth0', receivedBytes: 1000, receiveErrors: 1, sentBytes: 2000, sendErrors: 3 },
    ]);
  });
});

describe('HostMetricsReader', () => {
  test('tells what this machine has, as its own files do', async () => {
    const reader = new HostMetricsReader();
    await reader.read();
    const host = await reader.read();
    const total = /MemTotal: +(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
    expect(host?.memory?.totalBytes).toBe(Number(total) * 1024);
    expect(host?.cpu?.cores).toBe(readFileSync('/proc/stat', 'utf8').match(/^cpu\d+ /gm)?.length);
    expect(host?.disks[0]).toMatchObject({ mount: '/' });
    expect(host?.disks[0]?.capacity?.totalBytes).toBeGreaterThan(0);
    expect(host?.processes).toBeGreaterThan(1);
    const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
    expect(uptime - (host?.uptimeSeconds ?? 0)).toBeGreaterThanOrEqual(0);
    expect(uptime - (host?.uptimeSeconds ?? 0)).toBeLessThan(10);
  });

  test('leaves out what there is no source of, and has no usage of processors the first time', async () => {
    const proc = tree({ stat: STAT, meminfo: MEMINFO, 'net/dev': NET_DEV });
    const reader = new HostMetricsReader({ proc, sys: tree({}) });
    expect(await reader.read()).toEqual({
      cpu: {
        cores: 2,
        usagePercent: undefined,
        coreUsagePercent: [],
        load1m: undefined,
        load5m: undefined,
        load15m: undefined,
      },
      memory: expect.anything(),
      swap: expect.anything(),
      disks: [],
      interfaces: [expect.anything()],
      uptimeSeconds: undefined,
      processes: undefined,
      runnableProcesses: 3,
      temperatures: [],
    });
    writeFileSync(join(proc, 'stat'), LATER);
    writeFileSync(join(proc, 'loadavg'), '0.50 1.25 2.00 3/107 372\n');
    expect((await reader.read())?.cpu).toEqual({
      cores: 3,
      usagePercent: 25,
      coreUsagePercent: [100, 0],
      load1m: 0.5,
      load5m: 1.25,
      load15m: 2,
    });
  });

  test('has nothing to tell on a host without such files', async () => {
    expect(await new HostMetricsReader({ proc: tree({}) }).read()).toBeUndefined();
  });

  test('reads the sensors that answer', async () => {
    const sys = tree({
      'class/hwmon/hwmon0/name': 'coretemp\n',
      'class/hwmon/hwmon0/temp1_input': '48500\n',
      'class/hwmon/hwmon0/temp1_label': 'Package id 0\n',
      'class/hwmon/hwmon0/temp2_input': '\n',
      'class/hwmon/hwmon1/name': 'nvme\n',
      'class/hwmon/hwmon1/temp1_input': '-2000\n',
      'class/hwmon/hwmon1/fan1_input': '900\n',
    });
    expect((await new HostMetricsReader({ proc: tree({ stat: STAT }), sys }).read())?.temperatures).toEqual([
      { sensor: 'coretemp Package id 0', celsius: 48.5 },
      { sensor: 'nvme temp1', celsius: -2 },
    ]);
  });
});

/** A machine tells how it is, and whoever asks any controller is told what the machine's own files say. */
import { readFileSync, statfsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { type DaemonProcess, Installation, until } from '#test/support/installation.ts';

interface Host {
  readonly cpu: {
    readonly cores: number;
    readonly usage_percent: number | null;
    readonly core_usage_percent: number[];
  };
  readonly memory: Record<string, number>;
  readonly disk: Record<string, number>;
  readonly uptime: { readonly seconds: number };
  readonly network: readonly { readonly interface: string; readonly received_bytes: number }[];
  readonly processes: { readonly total: number };
  readonly timestamp: string;
}

interface Agent {
  readonly application: { readonly memory_total_bytes: number; readonly uptime_seconds: number };
  readonly commands: {
    readonly enqueued_total: number;
    readonly completed_total: number;
    readonly reported_total: number;
  };
  readonly oban_queues: readonly { readonly executing: number }[];
}

const EVERY_SECOND = { GARRISON_METRICS_INTERVAL: '1s' };

let database: TestDatabase;
let east: Installation;
let west: Installation;
let daemon: DaemonProcess;
let nodeId: string;

beforeAll(async () => {
  database = await testDatabase();
  east = await Installation.start({
    env: { DATABASE_URL: database.url, GARRISON_CONTROLLER_NAME: 'east', ...EVERY_SECOND },
  });
  west = await Installation.start({
    joins: { databaseUrl: database.url, secretKey: east.secretKey() },
    env: { GARRISON_CONTROLLER_NAME: 'west' },
  });
  daemon = await east.addNode('measured');
  const { body } = await east.admin<{ data: { id: string }[] }>('GET', '/api/v1/nodes');
  nodeId = body.data[0]?.id ?? '';
});

afterAll(async () => {
  await west.close();
  await east.close();
  await database.close();
});

const hostFrom = (site: Installation) => site.admin<Host>('GET', `/api/v1/nodes/${nodeId}/metrics/host`);

async function host(isGood: (figures: Host) => boolean = () => true): Promise<Host> {
  let answer: { status: number; body: Host } | undefined;
  await until('the host has told such figures', async () => {
    answer = await hostFrom(east);
    return answer.status === 200 && isGood(answer.body);
  });
  return (answer as { body: Host }).body; // set by the last look
}

async function agent(isGood: (figures: Agent) => boolean): Promise<Agent> {
  let figures: Agent | undefined;
  await until('the daemon has told such figures', async () => {
    const { status, body } = await east.admin<{ data: Agent }>('GET', `/api/v1/nodes/${nodeId}/metrics/agent`);
    figures = body.data;
    return status === 200 && isGood(figures);
  });
  return figures as Agent; // set by the last look
}

const procNumber = (file: string, pattern: RegExp) => Number(pattern.exec(readFileSync(file, 'utf8'))?.[1]);

test('the figures of the host are those of its own files', async () => {
  const figures = await host(({ cpu }) => cpu.usage_percent !== null);
  const disk = statfsSync('/');
  const uptime = procNumber('/proc/uptime', /^(\d+)/);
  expect(figures.memory.total_bytes).toBe(procNumber('/proc/meminfo', /^MemTotal: +(\d+) kB/m) * 1024);
  expect(figures.disk.total_bytes).toBe(disk.blocks * disk.bsize);
  expect(figures.cpu.cores).toBe(readFileSync('/proc/stat', 'utf8').match(/^cpu\d+ /gm)?.length);
  expect(figures.cpu.core_usage_percent).toHaveLength(figures.cpu.cores);
  expect(figures.uptime.seconds).toBeLessThanOrEqual(uptime);
  expect(figures.uptime.seconds).toBeGreaterThan(uptime - 60);
  const available = procNumber('/proc/meminfo', /^MemAvailable: +(\d+) kB/m) * 1024;
  expect(Math.abs((figures.memory.available_bytes ?? 0) - available)).toBeLessThan(
    0.25 * (figures.memory.total_bytes ?? 0),
  );
  await host(({ network }) => network.map((one) => one.interface).join() === interfaces().join());
});

/** Others may come and go on this machine at any time. */
function interfaces(): string[] {
  const lines = readFileSync('/proc/net/dev', 'utf8').matchAll(/^ *([^\s:]+):/gm);
  return [...lines].flatMap(([, name = '']) => (name === 'lo' ? [] : [name])).slice(0, 64);
}

test('they are told anew, as often as the controller wants', async () => {
  const { timestamp } = await host();
  await host((later) => later.timestamp > timestamp);
});

test('the figures of the daemon are those of its process, and count what it does', async () => {
  const idle = await agent(() => true);
  const resident = procNumber(`/proc/${daemon.pid}/status`, /^VmRSS:\s+(\d+) kB/m) * 1024;
  expect(idle.application.memory_total_bytes / resident).toBeGreaterThan(0.5);
  expect(idle.application.memory_total_bytes / resident).toBeLessThan(2);
  const before = idle.commands.completed_total;
  const order = { command_text: 'sleep 300', targeting: { type: 'nodes', node_ids: [nodeId] } };
  const made = await east.admin<{ data: { id: string } }>('POST', '/api/v1/commands', order);
  await agent(({ oban_queues }) => oban_queues[0]?.executing === 1);
  const path = `/api/v1/command_executions?command_id=${made.body.data.id}`;
  const { body } = await east.admin<{ data: { id: string }[] }>('GET', path);
  await east.admin('PATCH', `/api/v1/command_executions/${body.data[0]?.id}/cancel`);
  await agent(({ commands, oban_queues }) => commands.reported_total === before + 1 && oban_queues[0]?.executing === 0);
});

test('any controller answers for the node, also for a while after it has gone', async () => {
  expect((await hostFrom(west)).body.memory).toMatchObject({ total_bytes: (await host()).memory.total_bytes });
  await daemon.stop();
  for (const site of [east, west]) expect((await hostFrom(site)).status).toBe(200);
});

test('a controller tells of itself, each of its own sessions', async () => {
  await daemon.start();
  await east.untilConnected(['measured']);
  const sessions = async (site: Installation) =>
    (await site.admin<{ data: { sessions: { open: number } } }>('GET', '/api/v1/admins/me/metrics')).body.data.sessions;
  expect([await sessions(east), await sessions(west)]).toEqual([{ open: 1 }, { open: 0 }]);
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DaemonProcess, Installation, script, until } from '#test/support/installation.ts';
import { processesWith } from '#test/support/process-table.ts';

const SERVICES = 40;
/** The command lines of the services have it. */
const MARK = `garrison-service-${process.pid}`;

let site: Installation;
let daemon: DaemonProcess;

beforeAll(async () => {
  site = await Installation.start();
  daemon = await site.addNode('host');
});

afterAll(async () => {
  for (const pid of processesWith(MARK)) process.kill(pid, 'SIGKILL');
  await site.close();
});

test('forty chatty services that orders started outlive them, and a daemon that restarts or is killed', async () => {
  await order('true');
  const before = descriptors();
  for (let number = 0; number < SERVICES; number += 8) {
    await Promise.all(Array.from({ length: 8 }, (_, place) => order(service(number + place))));
  }
  await allGoOn();
  await until('the daemon holds no more than before', () => descriptors() <= before + 2);
  for (let more = 0; more < 10; more++) await order('echo more');
  await allGoOn();

  await daemon.stop('SIGTERM');
  await allGoOn();
  daemon.start();
  await site.untilConnected(['host']);
  await order('true');
  await allGoOn();

  await daemon.stop('SIGKILL');
  await allGoOn();
  daemon.start();
  await site.untilConnected(['host']);
  await order('true');
  await allGoOn();
  expect(descriptors()).toBeLessThanOrEqual(before + 2);
});

/** Writes on both streams as fast as it is read, and counts in a file how often it has. */
function service(number: number): string {
  const loop = `while :; do head -c 32768 /dev/zero; echo noise >&2; echo $((n=n+1)) >'${fileOf(number)}'; sleep 0.3; done`;
  return `nohup sh -c '${loop.replaceAll("'", `'"'"'`)}' ${MARK} & echo started`;
}

const fileOf = (number: number) => join(site.directory, `service-${number}`);

async function order(text: string): Promise<void> {
  const events = await site.run({ target: { All: null }, ...script(text) });
  expect(events.at(-1)).toMatchObject({ data: { summary: { ok: 1 } } });
}

/** More than a pipe holds is written by each of them, so it is read, too. */
async function allGoOn(): Promise<void> {
  const before = counts();
  expect(processesWith(MARK).length).toBeGreaterThanOrEqual(SERVICES);
  await until('every service goes on', () => counts().every((count, number) => count > (before[number] ?? 0) + 3));
}

function counts(): number[] {
  return Array.from({ length: SERVICES }, (_, number) => Number(readFileSync(fileOf(number), 'utf8')));
}

const descriptors = () => readdirSync(`/proc/${daemon.pid}/fd`).length;

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Installation } from '#test/support/installation.ts';
import type { TcpProxy } from '#test/support/tcp-proxy.ts';

export interface Scene {
  readonly site: Installation;
  /** Between the nodes and the controller. */
  readonly wire: TcpProxy;
  /** Between 0 and 1, from the seed. */
  readonly random: () => number;
}

/** Each makes it happen, waits, and mends it; what comes afterwards is the product's own business. */
export const FAULTS: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  'the controller is killed': async ({ site, random }) => {
    await site.stopController('SIGKILL');
    await between(random, 0, 5);
    await site.startController();
  },
  'the controller is restarted': async ({ site }) => {
    await site.stopController();
    await site.startController();
  },
  'the controller stands still': async ({ site, random }) => {
    const { pid } = site.ready;
    process.kill(pid, 'SIGSTOP');
    await between(random, 5, 20);
    process.kill(pid, 'SIGCONT');
  },
  'the wire is cut': async ({ wire, random }) => {
    wire.cut();
    await between(random, 1, 20);
    wire.mend();
  },
  'the wire goes silent': async ({ wire, random }) => {
    wire.freeze();
    await between(random, 5, 20);
    wire.cut();
    wire.mend();
  },
  'the database is killed': async ({ site }) => {
    const file = join(site.dataDir, 'postgres', 'data', 'postmaster.pid');
    process.kill(Number(readFileSync(file, 'utf8').split('\n')[0]), 'SIGKILL');
  },
  'the database stands still': async ({ site, random }) => {
    const file = join(site.dataDir, 'postgres', 'data', 'postmaster.pid');
    const group = postgresOf(Number(readFileSync(file, 'utf8').split('\n')[0]));
    for (const pid of group) process.kill(pid, 'SIGSTOP');
    await between(random, 3, 15);
    for (const pid of group) process.kill(pid, 'SIGCONT');
  },
};

/** The server and what it has forked. */
function postgresOf(postmaster: number): number[] {
  const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').trim();
  return [postmaster, ...children.split(' ').filter(Boolean).map(Number)];
}

async function between(random: () => number, fewestSeconds: number, mostSeconds: number): Promise<void> {
  await delay((fewestSeconds + random() * (mostSeconds - fewestSeconds)) * 1_000);
}

/**
 * A fleet that works while faults come and go, one a round, and what must hold after each: fifteen seconds after a fault
 * is over, every node is connected, every order that was taken has one outcome, each execution was started once, all its
 * output is there, and the controller and the database agree on the sessions. At the end the controller holds no more
 * memory and descriptors than it did after the first round.
 *
 * A round: orders flow (one for a random node every 300 ms, one for all in waves every 10 s); a fault out of `FAULTS` by
 * the seed, on the way; then quiet: no new orders, 15 s, and the looks.
 */
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunDetail } from '#client/edge-fleet/wire.ts';
import { residentBytes } from '#test/hostile/support/controller-memory.ts';
import { Installation } from '#test/support/installation.ts';
import { LightDaemons } from '#test/support/light-daemons.ts';
import { TcpProxy } from '#test/support/tcp-proxy.ts';
import { FAULTS } from './faults.ts';
import { scriptedWork, wordsOf } from './scripted-work.ts';

const QUIET_MS = 15_000;
const ORDER_EVERY_MS = 300;
const ORDER_FOR_ALL_EVERY_MS = 10_000;

export interface SoakOptions {
  readonly nodes: number;
  readonly forMs: number;
  /** From one fault to the next, quiet included. */
  readonly roundMs: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

export interface SoakReport {
  readonly rounds: number;
  readonly orders: number;
  /** Orders that were refused or broken off while something was away; none of them may be half taken. */
  readonly refused: number;
  readonly executions: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Resident megabytes and open descriptors of the controller after each round. */
  readonly megabytes: readonly number[];
  readonly descriptors: readonly number[];
  /** What did not hold. Empty: everything did. */
  readonly broken: readonly string[];
}

export async function runSoak({ nodes, forMs, roundMs, seed, say }: SoakOptions): Promise<SoakReport> {
  const random = randomOf(seed);
  const wire = new TcpProxy();
  const port = await wire.listen();
  const site = await Installation.start({ nodeEndpoints: `127.0.0.1:${port}`, env: { GARRISON_LOG_LEVEL: 'warn' } });
  wire.pointTo(site.nodePort);
  const fleet = await LightDaemons.join(site, { count: nodes, executor: scriptedWork }).catch(async (error) => {
    await site.close();
    throw error;
  });
  const orders = new Orders(
    site,
    random,
    (await Array.fromAsync(site.fleet.hosts())).map((host) => host.node_id),
  );
  const report = {
    faults: {} as Record<string, number>,
    megabytes: [] as number[],
    descriptors: [] as number[],
    broken: [] as string[],
  };
  const names = Object.keys(FAULTS);
  const end = performance.now() + forMs;
  let rounds = 0;
  try {
    while (performance.now() < end) {
      const begunAt = performance.now();
      rounds += 1;
      const name = names[Math.floor(random() * names.length)] as string; // within its length
      say(`${new Date().toISOString()} round ${rounds}: ${name}`);
      report.faults[name] = (report.faults[name] ?? 0) + 1;
      orders.start();
      await delay(2_000);
      await FAULTS[name]?.({ site, wire, random });
      await delay(Math.max(0, roundMs - QUIET_MS - (performance.now() - begunAt)));
      await orders.stop();
      await delay(QUIET_MS);
      for (const problem of await looked(site, fleet, orders, nodes)) {
        say(`  broken: ${problem}`);
        report.broken.push(`round ${rounds}, ${name}: ${problem}`);
      }
      if (site.ended !== undefined) throw new Error(`the controller ended (${site.ended}):\n${site.controllerLog}`);
      report.megabytes.push(Math.round(residentBytes(site.ready.pid) / 1_048_576));
      report.descriptors.push(readdirSync(`/proc/${site.ready.pid}/fd`).length);
    }
  } finally {
    await orders.stop();
    await fleet.close();
    await site.close();
    await wire.close();
  }
  return { rounds, orders: orders.taken, refused: orders.refused, executions: orders.executions, ...report };
}

/** Gives orders until it is stopped, and remembers those that were taken. */
class Orders {
  readonly #site: Installation;
  readonly #random: () => number;
  readonly #nodeIds: readonly string[];
  readonly open = new Set<string>();
  taken = 0;
  refused = 0;
  executions = 0;
  #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(site: Installation, random: () => number, nodeIds: readonly string[]) {
    this.#site = site;
    this.#random = random;
    this.#nodeIds = nodeIds;
  }

  start(): void {
    this.#stop = new AbortController();
    this.#running = Promise.all([
      this.#repeat(ORDER_EVERY_MS, () => ({
        Node: this.#nodeIds[Math.floor(this.#random() * this.#nodeIds.length)] as string,
      })),
      this.#repeat(ORDER_FOR_ALL_EVERY_MS, () => ({ All: null })),
    ]);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #repeat(everyMs: number, target: () => { Node: string } | { All: null }): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const batch = Math.max(1, Math.ceil(this.#nodeIds.length / 4));
      const request = {
        target: target(),
        tool: 'cmd.run',
        args: { command: 'true' },
        policy: { mode: { Rolling: { batch } }, failure_policy: 'ContinueOnError' as const },
      };
      await this.#site.begin(request).then(
        (id) => {
          this.taken += 1;
          this.open.add(id);
        },
        () => {
          this.refused += 1;
        },
      );
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** What does not even answer is broken too. */
async function looked(...about: Parameters<typeof look>): Promise<string[]> {
  try {
    return await look(...about);
  } catch (error) {
    const [site] = about;
    return [`looking failed: ${error}; the newest words of the controller:\n${site.controllerLog.slice(-2_000)}`];
  }
}

async function look(site: Installation, { ledger }: LightDaemons, orders: Orders, nodes: number): Promise<string[]> {
  const problems: string[] = [];
  const connected = (await Array.fromAsync(site.fleet.hosts({ connected: true }))).length;
  if (connected !== nodes) problems.push(`${connected} of ${nodes} nodes are connected`);
  const open = await sessionsOpen(site);
  if (open !== connected) problems.push(`the controller holds ${open} sessions, the database ${connected}`);
  for (const id of orders.open) {
    const run = await site.fleet.run(id);
    if (run.ended_at === null) {
      problems.push(`${id} has not ended`);
      continue;
    }
    orders.open.delete(id);
    orders.executions += run.per_node.length;
    problems.push(...problemsOf(run, ledger.starts), ...(await outputProblems(site, run)));
  }
  const twice = [...ledger.starts].filter(([, starts]) => starts > 1);
  if (twice.length > 0) problems.push(`${twice.length} executions were started more than once`);
  ledger.starts.clear();
  ledger.acknowledgedOutput.length = 0;
  ledger.acknowledgedEnds.clear();
  return problems;
}

/** A node that was away when its turn came is told so, and did nothing; whatever a node has begun ends well. */
function problemsOf({ fleet_command_id: id, per_node }: RunDetail, starts: ReadonlyMap<string, number>): string[] {
  const odd = per_node.filter(({ outcome, command_id }) => outcome !== 'ok' && starts.has(command_id?.slice(2) ?? ''));
  if (odd.length === 0) return [];
  const shown = odd.slice(0, 5).map(({ outcome, command_id }) => `${command_id} ${outcome}`);
  return [`${id}: ${odd.length} executions were begun and did not end well (${shown.join(', ')})`];
}

async function outputProblems(site: Installation, run: RunDetail): Promise<string[]> {
  const { events } = await site.fleet.events(run.fleet_command_id, undefined, AbortSignal.timeout(60_000));
  const said = new Map<string, string>();
  for await (const { event, data } of events) {
    if (event !== 'command_progress' || !('stdout' in data.chunk)) continue;
    said.set(data.command_id, (said.get(data.command_id) ?? '') + data.chunk.stdout);
  }
  const wrong = run.per_node.filter(
    ({ outcome, command_id: id }) => outcome === 'ok' && id !== null && said.get(id) !== wordsOf(id.slice(2)),
  );
  return wrong.length === 0
    ? []
    : [`${run.fleet_command_id}: the output of ${wrong.length} executions is not what they said`];
}

async function sessionsOpen(site: Installation): Promise<number> {
  const response = await fetch(`${site.ready.api}/metrics`, {
    headers: { authorization: `Bearer ${site.ready.masterKey}` },
  });
  const [, count] = /^garrison_sessions_open (\d+)$/m.exec(await response.text()) ?? [];
  return Number(count);
}

/** Mulberry32: the same seed, the same schedule. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

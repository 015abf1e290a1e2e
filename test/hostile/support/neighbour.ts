import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Connection } from '#client/connection.ts';
import { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import type { Ready } from '#test/support/installation.ts';

const EVERY_MS = 40;
const LOOK_EVERY_MS = 5;
/** A machine that is too slow for so many gets fewer, and no queue that grows. */
const MOST_AT_ONCE = 4;
/** Longer than this is a failure, not a latency. */
const GIVE_UP_MS = 20_000;

export interface Latencies {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly worstMs: number;
  /** How late this process itself was, which has nothing to do with the controller: the business of the machine. */
  readonly ownLatenessMs: number;
  /** What went wrong, a few of them. */
  readonly failures: readonly string[];
}

/**
 * A well-behaved operator who runs `true` on a node up to twenty-five times a second, through the API, and reads the result.
 * The clock of each command starts when it was due.
 */
export class Neighbour {
  readonly #fleet: EdgeFleetClient;
  readonly #pickNode: () => string;

  /** @param pickNode the id of the node that has the next command */
  constructor(ready: Ready, pickNode: () => string) {
    const headers = { authorization: `Bearer ${ready.edgeToken}` };
    this.#fleet = new EdgeFleetClient(new Connection({ baseUrl: ready.api, headers }));
    this.#pickNode = pickNode;
  }

  /** Works until `over`, and at least `atLeast` commands. */
  async work(over: Promise<unknown>, atLeast: number, everyMs = EVERY_MS): Promise<Latencies> {
    const lateness = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
    lateness.enable();
    const results: Result[] = [];
    const waiting = new Set<Promise<unknown>>();
    let isOver = false;
    void over.finally(() => {
      isOver = true;
    });
    for (let dueAt = performance.now(); !isOver || results.length + waiting.size < atLeast; dueAt += everyMs) {
      if (waiting.size >= MOST_AT_ONCE) await Promise.race(waiting);
      dueAt = Math.max(dueAt, performance.now() - everyMs);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueAt - performance.now())));
      const command = this.#command(dueAt).then((result) => results.push(result));
      waiting.add(command);
      void command.then(() => waiting.delete(command));
    }
    await Promise.all(waiting);
    lateness.disable();
    return summaryOf(results, Math.max(0, lateness.percentile(99) / 1e6 - LOOK_EVERY_MS));
  }

  async #command(dueAt: number): Promise<Result> {
    try {
      const order = { target: { Node: this.#pickNode() }, tool: 'cmd.run', args: { command: 'true' } };
      const { events } = await this.#fleet.invoke(order, AbortSignal.timeout(GIVE_UP_MS));
      let problem: string | undefined = 'no result came';
      for await (const event of events) {
        if (event.event === 'fleet_result')
          problem = event.data.summary.ok === 1 ? undefined : JSON.stringify(event.data);
      }
      return { ms: performance.now() - dueAt, problem };
    } catch (error) {
      return { ms: performance.now() - dueAt, problem: String(error) };
    }
  }
}

interface Result {
  readonly ms: number;
  readonly problem: string | undefined;
}

function summaryOf(results: readonly Result[], ownLatenessMs: number): Latencies {
  const sorted = results.map(({ ms }) => ms).sort((one, other) => one - other);
  const at = (share: number) => Math.round((sorted[Math.ceil(sorted.length * share) - 1] ?? 0) * 10) / 10;
  const problems = results.flatMap(({ problem }) => problem ?? []);
  const failures = problems.slice(0, 3);
  return { count: results.length, p50Ms: at(0.5), p99Ms: at(0.99), worstMs: at(1), ownLatenessMs, failures };
}

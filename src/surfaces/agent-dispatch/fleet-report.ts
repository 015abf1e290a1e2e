import type { Static } from 'typebox';
import type { AgentModels } from '#core/dispatches/agents.ts';
import { readFleetFigures } from '#core/dispatches/fleet-figures.ts';
import type { Clock } from '#core/kernel/clock.ts';
import type { Queryable } from '#core/kernel/sql.ts';
import { ownPackage } from '#runtime/own-package.ts';
import { MachineMeter } from './machine-figures.ts';
import { writeFleetHealth } from './mapping.ts';
import type { FleetHealth, HealthAnswer } from './wire.ts';

type Fleet = Static<typeof FleetHealth>;
type Health = Static<typeof HealthAnswer>;

const KEPT_MS = 30_000;

/** The figures of the fleet, asked of the database every thirty seconds at most, however many ask: nobody has to say who he is. */
export class FleetReport {
  readonly #parts: { readonly db: Queryable; readonly clock: Clock; readonly agents: AgentModels };
  readonly #meter = new MachineMeter();
  #kept: { readonly report: Promise<Fleet>; readonly until: number } | undefined;

  constructor(parts: { readonly db: Queryable; readonly clock: Clock; readonly agents: AgentModels }) {
    this.#parts = parts;
  }

  /** One that could not be read is not kept. */
  read(): Promise<Fleet> {
    const now = this.#parts.clock.millis();
    if (this.#kept !== undefined && now < this.#kept.until) return this.#kept.report;
    const report = this.#make();
    this.#kept = { report, until: now + KEPT_MS };
    report.catch(() => {
      this.#kept = undefined;
    });
    return report;
  }

  async health(): Promise<Health> {
    const about = { version: ownPackage.version, uptime: Math.floor(process.uptime()) };
    const fleet = await this.read().catch(() => undefined);
    if (fleet === undefined) {
      const fail = { status: 'fail' as const, message: 'the database cannot be read' };
      return { status: 'unhealthy', ...about, checks: { efs: fail, 'worker-pool': fail } };
    }
    const { inUseTasks, totalTasks } = fleet.pool;
    const isFull = totalTasks === inUseTasks;
    const message = totalTasks === 0 ? 'no machine runs agents' : `${inUseTasks}/${totalTasks} workers busy`;
    return {
      status: isFull ? 'degraded' : 'healthy',
      ...about,
      checks: {
        efs: { status: 'pass', message: 'workspaces are kept on the machines that work in them' },
        'worker-pool': { status: isFull ? 'warn' : 'pass', message },
      },
    };
  }

  async #make(): Promise<Fleet> {
    const { db, clock, agents } = this.#parts;
    const at = clock.now();
    const figures = await readFleetFigures(db, at, agents);
    return writeFleetHealth(figures, this.#meter.read(), { uptime: Math.floor(process.uptime()), at });
  }
}

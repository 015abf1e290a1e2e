import { type Queryable, sql } from '../kernel/sql.ts';
import type { AgentModels } from './agents.ts';
import { offerOf, readWorkers, type Worker } from './workers.ts';

/** What all machines and dispatches of the installation add up to; nothing of it names a tenant. */
export interface FleetFigures {
  readonly slots: number;
  readonly usedSlots: number;
  readonly agents: readonly AgentFigures[];
  readonly lastHour: Readonly<Record<HourStatus, number>>;
}

export interface AgentFigures {
  readonly agent: string;
  readonly model: string;
  /** Slots of the nodes that offer it; the same slot may serve several agents. */
  readonly slots: number;
  readonly used: number;
  /** Free slots of these nodes. */
  readonly idle: number;
  /** Over the dispatches that ended within the hour; undefined when none did. */
  readonly successRate: number | undefined;
  readonly averageDurationMs: number;
  readonly waiting: number;
}

export type HourStatus = 'pending' | 'running' | 'success' | 'failed' | 'cancelled' | 'timeout';

interface AgentRow {
  agent: string;
  succeeded: number;
  failed: number;
  duration_ms: number | null;
  waiting: number;
  used: number;
}

export async function readFleetFigures(db: Queryable, now: Date, agents: AgentModels): Promise<FleetFigures> {
  const [workers, perAgent, lastHour] = await Promise.all([readWorkers(db, now), readAgentRows(db), readLastHour(db)]);
  const offered = workers.flatMap(({ offers }) => offers.map(({ name }) => name));
  const names = [...new Set([...agents.keys(), ...offered])];
  return {
    slots: sum(workers, ({ slots }) => slots),
    usedSlots: sum(workers, ({ slots, usedSlots }) => Math.min(slots, usedSlots)),
    agents: names.map((agent) => figuresOf(agent, agents, workers, perAgent)),
    lastHour,
  };
}

function figuresOf(
  agent: string,
  models: AgentModels,
  workers: readonly Worker[],
  rows: readonly AgentRow[],
): AgentFigures {
  const row = rows.find((one) => one.agent === agent);
  const offering = workers.filter((worker) => offerOf(worker, agent) !== undefined);
  const slots = sum(offering, (worker) => worker.slots);
  const used = Math.min(slots, row?.used ?? 0);
  const idle = sum(offering, (worker) => Math.max(0, worker.slots - worker.usedSlots));
  const ended = (row?.succeeded ?? 0) + (row?.failed ?? 0);
  const offer = offering.map((worker) => offerOf(worker, agent)?.model).find((model) => model);
  return {
    agent,
    model: offer ?? models.get(agent) ?? agent,
    slots,
    used,
    idle: Math.min(idle, slots - used),
    successRate: ended === 0 ? undefined : Math.round((100 * (row?.succeeded ?? 0)) / ended),
    averageDurationMs: Math.round(row?.duration_ms ?? 0),
    waiting: row?.waiting ?? 0,
  };
}

/** What is taken counts where its node is connected: slots of others are not counted either. */
function readAgentRows(db: Queryable): Promise<AgentRow[]> {
  return db.query<AgentRow>(sql`
    select dispatches.agent,
      count(*) filter (where dispatches.status = 'success' and dispatches.ended_at > now() - interval '1 hour') as succeeded,
      count(*) filter (where dispatches.status in ('failed', 'timeout') and dispatches.ended_at > now() - interval '1 hour') as failed,
      (avg(extract(epoch from dispatches.ended_at - dispatches.started_at) * 1000) filter (
        where dispatches.status = 'success' and dispatches.ended_at > now() - interval '1 hour'))::float8 as duration_ms,
      count(*) filter (where dispatches.status = 'pending') as waiting,
      count(*) filter (where dispatches.run_id is not null and dispatches.released_at is null
        and nodes.session_controller_id is not null) as used
    from dispatches left join nodes on nodes.id = dispatches.node_id
    where dispatches.released_at is null or dispatches.ended_at > now() - interval '1 hour'
    group by dispatches.agent`);
}

async function readLastHour(db: Queryable): Promise<Record<HourStatus, number>> {
  const [row] = await db.query<Record<HourStatus, number>>(sql`
    select count(*) filter (where status = 'pending') as pending,
      count(*) filter (where status in ('provisioning', 'running', 'completing')) as running,
      count(*) filter (where status = 'success') as success,
      count(*) filter (where status = 'failed') as failed,
      count(*) filter (where status = 'cancelled') as cancelled,
      count(*) filter (where status = 'timeout') as timeout
    from dispatches where created_at > now() - interval '1 hour'`);
  return row ?? { pending: 0, running: 0, success: 0, failed: 0, cancelled: 0, timeout: 0 };
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

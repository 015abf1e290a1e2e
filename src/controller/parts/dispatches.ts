import type { DatabaseClock } from '#core/controllers/database-clock.ts';
import { type AgentModels, agentModels } from '#core/dispatches/agents.ts';
import type { WhenSpent } from '#core/dispatches/dispatch.ts';
import { DispatchQueue } from '#core/dispatches/dispatch-queue.ts';
import type { ControllerId } from '#core/kernel/ids.ts';
import type { Sealer } from '#core/kernel/sealer.ts';
import type { Database } from '#core/kernel/sql.ts';
import { FleetReport } from '#surfaces/agent-dispatch/fleet-report.ts';
import { agentOrders } from '../agent-orders.ts';
import { readConfiguredAgents, readPrices } from '../agents-file.ts';
import type { ControllerConfig } from '../config.ts';
import type { ServiceStack } from '../service-stack.ts';
import { toolCatalogue } from '../tool-catalogue.ts';
import type { Base } from './base.ts';
import type { EnginePart } from './engine.ts';
import type { SessionsPart } from './sessions.ts';

export interface DispatchesNeeds extends Pick<Base, 'onFailure'> {
  readonly config: Pick<
    ControllerConfig,
    'agentsFile' | 'modelPricesFile' | 'gitBaseUrl' | 'dispatchGraceMs' | 'whenBudgetSpent'
  >;
  readonly db: Database;
  readonly clock: DatabaseClock;
  readonly sealer: Sealer;
  readonly controllerId: ControllerId;
  readonly engine: EnginePart['engine'];
  readonly commits: SessionsPart['commits'];
}

export interface DispatchesPart {
  readonly queue: DispatchQueue;
  readonly agents: AgentModels;
  readonly fleet: FleetReport;
  /** What budgets that do not say become once they are spent. */
  readonly whenSpent: WhenSpent;
}

/** What places tasks of coding agents on machines and follows them. */
export async function startDispatches(stack: ServiceStack, needs: DispatchesNeeds): Promise<DispatchesPart> {
  const { config, db, clock, sealer, controllerId, engine, commits, onFailure } = needs;
  const agents = agentModels(await readConfiguredAgents(config.agentsFile));
  const queue = new DispatchQueue({
    db,
    clock,
    sealer,
    controllerId,
    engine,
    commits,
    onFailure,
    tools: toolCatalogue,
    orders: agentOrders({ gitBaseUrl: config.gitBaseUrl }),
    awayAfterStartMs: config.dispatchGraceMs,
    prices: await readPrices(config.modelPricesFile),
  });
  await stack.start('dispatch queue', queue);
  return { queue, agents, whenSpent: config.whenBudgetSpent, fleet: new FleetReport({ db, clock, agents }) };
}

import type { NodeId, TenantId } from '../kernel/ids.ts';
import { type Queryable, type Sql, sql } from '../kernel/sql.ts';
import { STALE_AFTER_MS } from '../nodes/presence.ts';
import { presenceSql } from '../nodes/presence-sql.ts';

/** A connected node that runs agents, as it says itself, and how many of its slots are taken. */
export interface Worker {
  readonly nodeId: NodeId;
  readonly tenantId: TenantId;
  readonly name: string;
  readonly tags: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly offers: readonly AgentOffer[];
  readonly slots: number;
  readonly usedSlots: number;
  readonly sandbox: string;
  readonly networks: readonly string[];
  /** SPKI, DER, base64: what only this node is to read is sealed to it. Empty: the node has told none. */
  readonly sealingKey: string;
}

export interface AgentOffer {
  readonly name: string;
  readonly version: string;
  /** Empty: its own choice. */
  readonly model: string;
}

interface WorkerRow {
  id: NodeId;
  tenant_id: TenantId;
  name: string;
  tags: string[];
  labels: Record<string, string>;
  host: { agents?: AgentOffer[]; slots?: number; sandbox?: string; networks?: string[]; sealingKey?: string };
  used: number;
}

/** Slots that are taken on a node: whatever was placed there and has not been let go of. */
export const usedSlots: Sql = sql`(
  select count(*) from dispatches
  where dispatches.node_id = nodes.id and dispatches.run_id is not null and dispatches.released_at is null)`;

/** Returns the workers of one tenant, or of all. */
export async function readWorkers(db: Queryable, now: Date, tenantId?: TenantId): Promise<Worker[]> {
  const rows = await db.query<WorkerRow>(sql`
    select id, tenant_id, name, tags, labels, facts -> 'agents' as host, ${usedSlots} as used
    from nodes
    where revoked_at is null and session_controller_id is not null and jsonb_typeof(facts -> 'agents' -> 'agents') = 'array'
      and 'agent.run' = any (invocable_tools) and (${tenantId ?? null}::uuid is null or tenant_id = ${tenantId ?? null}::uuid)
      and ${presenceSql(now, { staleAfterMs: STALE_AFTER_MS })} = 'connected'
    order by name, id`);
  return rows.map(({ id, tenant_id, name, tags, labels, host, used }) => ({
    nodeId: id,
    tenantId: tenant_id,
    name,
    tags,
    labels,
    offers: host.agents ?? [],
    slots: host.slots ?? 0,
    usedSlots: used,
    sandbox: host.sandbox ?? '',
    networks: host.networks ?? [],
    sealingKey: host.sealingKey ?? '',
  }));
}

export function offerOf({ offers }: Worker, agent: string): AgentOffer | undefined {
  return offers.find(({ name }) => name === agent);
}

/** What any node of the tenant has ever said that it offers, connected or not. */
export async function findOffer(db: Queryable, tenantId: TenantId, agent: string): Promise<AgentOffer | undefined> {
  const [row] = await db.query<{ offer: AgentOffer }>(sql`
    select offer from nodes, jsonb_path_query(facts, '$.agents.agents[*]') as offer
    where tenant_id = ${tenantId} and revoked_at is null and offer ->> 'name' = ${agent} limit 1`);
  return row?.offer;
}

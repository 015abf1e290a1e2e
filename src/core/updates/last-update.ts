import type { Context } from '../kernel/context.ts';
import type { NodeId, RunId } from '../kernel/ids.ts';
import { type Queryable, rawSql, sql } from '../kernel/sql.ts';

/** What became of the newest order to a node to update itself. */
export interface LastUpdate {
  /** May have been deleted. */
  readonly requestId: RunId;
  /** That it was to go to; null where there was none for its platform. */
  readonly version: string | null;
  readonly state: 'waiting' | 'under_way' | 'updated' | 'failed';
  /** The code of a failure; null when there was none. */
  readonly code: string | null;
  /** Why it failed or was left for the version before. */
  readonly message: string | null;
  /** When it last changed. */
  readonly at: Date;
}

/** As Node calls it, for what the node says of itself. */
const platform = `nodes.os || '-' ||
  case nodes.arch when 'x86_64' then 'x64' when 'aarch64' then 'arm64' else nodes.arch end`;

/** In the order of the columns of `node_updates`, tenant and node left out. */
const told = rawSql(`runs.id as request_id, executions.id as execution_id,
  coalesce(executions.result ->> 'version', runs.view -> 'versions' ->> (${platform}), runs.view ->> 'version') as version,
  case when executions.outcome = 'ok' then 'updated' when executions.state = 'finished' then 'failed'
    when executions.started_at is not null then 'under_way' else 'waiting' end as state,
  case when executions.outcome <> 'ok' then coalesce(executions.error_code, executions.outcome) end as code,
  case when executions.outcome <> 'ok' then coalesce(executions.error_message, runs.halt_reason) end as message,
  executions.created_at as ordered_at, executions.updated_at as changed_at`);

const ordersToNodes = rawSql(
  'executions join runs on runs.id = executions.run_id join nodes on nodes.id = executions.node_id',
);

/** Undefined: it was never asked to. */
export async function findLastUpdate(db: Queryable, ctx: Context, nodeId: NodeId): Promise<LastUpdate | undefined> {
  const [row] = await db.query<LastUpdate>(sql`
    select request_id as "requestId", version, state, code, message, changed_at as at
    from (
      (select ${told} from ${ordersToNodes}
        where executions.node_id = ${nodeId} and executions.tenant_id = ${ctx.tenantId} and executions.tool = 'self.update'
        order by executions.created_at desc, executions.id desc limit 1)
      union all
      select request_id, execution_id, version, state, code, message, ordered_at, changed_at from node_updates
      where node_id = ${nodeId} and tenant_id = ${ctx.tenantId}) as updates
    order by ordered_at desc, execution_id desc limit 1`);
  return row;
}

/** Before the request, which is over, is removed: its nodes go on telling what became of it, unless they know of a newer one. */
export async function keepLastUpdates(tx: Queryable, ctx: Context, id: RunId): Promise<void> {
  await tx.execute(sql`
    insert into node_updates (node_id, tenant_id, request_id, execution_id, version, state, code, message, ordered_at, changed_at)
    select nodes.id, nodes.tenant_id, ${told} from ${ordersToNodes}
    where executions.run_id = ${id} and executions.tenant_id = ${ctx.tenantId} and executions.state = 'finished'
    on conflict (node_id) do update set request_id = excluded.request_id, execution_id = excluded.execution_id,
      version = excluded.version, state = excluded.state, code = excluded.code, message = excluded.message,
      ordered_at = excluded.ordered_at, changed_at = excluded.changed_at
    where node_updates.ordered_at <= excluded.ordered_at`);
}

import type { Context } from '../kernel/context.ts';
import type { NodeId, RunId } from '../kernel/ids.ts';
import { type Queryable, rawSql, sql } from '../kernel/sql.ts';

/** What became of the newest order to a node to update itself. */
export interface LastUpdate {
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
const platform = rawSql(`nodes.os || '-' ||
  case nodes.arch when 'x86_64' then 'x64' when 'aarch64' then 'arm64' else nodes.arch end`);

/** Undefined: it was never asked to, or the request has been deleted. */
export async function findLastUpdate(db: Queryable, ctx: Context, nodeId: NodeId): Promise<LastUpdate | undefined> {
  const [row] = await db.query<LastUpdate>(sql`
    select runs.id as "requestId", coalesce(executions.result ->> 'version', runs.view -> 'versions' ->> (${platform}), runs.view ->> 'version') as version,
      case when executions.outcome = 'ok' then 'updated' when executions.state = 'finished' then 'failed'
        when executions.started_at is not null then 'under_way' else 'waiting' end as state,
      case when executions.outcome <> 'ok' then coalesce(executions.error_code, executions.outcome) end as code,
      case when executions.outcome <> 'ok' then coalesce(executions.error_message, runs.halt_reason) end as message,
      executions.updated_at as at
    from executions join runs on runs.id = executions.run_id join nodes on nodes.id = executions.node_id
    where executions.node_id = ${nodeId} and executions.tenant_id = ${ctx.tenantId} and executions.tool = 'self.update'
    order by executions.created_at desc, executions.id desc limit 1`);
  return row;
}

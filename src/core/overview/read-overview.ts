/**
 * How a fleet is at a glance, in two statements whatever its size: one pass over the nodes of the tenant, and counts by index.
 * What the caller has no scope for is null and costs nothing.
 */
import { type Context, hasScope } from '../kernel/context.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import { type PresenceKind, STALE_AFTER_MS } from '../nodes/presence.ts';
import { presenceSql } from '../nodes/presence-sql.ts';

export interface Overview {
  readonly nodes: {
    readonly byPresence: Readonly<Record<PresenceKind, number>>;
    /** Those that are not revoked, the most frequent version first. */
    readonly byVersion: readonly Counted[];
    readonly bySystem: readonly Counted[];
  };
  /** Null: the caller may not read them. */
  readonly runs: { readonly running: number; readonly failedToday: number } | null;
  readonly dispatches: { readonly waiting: number; readonly running: number } | null;
  readonly needs: {
    readonly waitingNodes: number;
    /** That end within 14 days and have no successor. */
    readonly endingCertificates: number;
    /** That wait for somebody to decide. */
    readonly approvals: number | null;
    /** Whose last delivery failed. */
    readonly failingWebhooks: number | null;
  };
}

export interface Counted {
  /** Empty where the node never said. */
  readonly name: string;
  readonly count: number;
}

const SOON_DAYS = 14;
const MOST_NAMES = 20;

export async function readOverview(ctx: Context, { db }: { readonly db: Queryable }): Promise<Overview> {
  const [nodes, { running, failed, waiting, dispatched, waitingNodes, ending, approvals, failing }] = await Promise.all(
    [countNodes(ctx, db), countOthers(ctx, db)],
  );
  const may = (scope: string) => hasScope(ctx.principal, scope);
  return {
    nodes,
    runs: may('garrison.fleet.read') ? { running, failedToday: failed } : null,
    dispatches: may('status') ? { waiting, running: dispatched } : null,
    needs: {
      waitingNodes,
      endingCertificates: ending,
      approvals: may('garrison.fleet.read') || may('garrison.approvals.decide') ? approvals : null,
      failingWebhooks: may('edge-admin.read') ? failing : null,
    },
  };
}

/** Which of the three columns a row counts by: PostgreSQL sets a bit for each that it does not. */
const BY = { presence: 0b011, version: 0b101, system: 0b110 } as const;

interface NodeCount {
  readonly by: number;
  readonly presence: PresenceKind | null;
  readonly version: string | null;
  readonly system: string | null;
  readonly count: number;
}

async function countNodes(ctx: Context, db: Queryable): Promise<Overview['nodes']> {
  const rows = await db.query<NodeCount>(sql`
    select grouping(presence, version, system) as by, presence, version, system, count(*)::int as count
    from (
      select ${presenceSql(ctx.clock.now(), { staleAfterMs: STALE_AFTER_MS })} as presence,
        case when nodes.revoked_at is null then nodes.version end as version,
        case when nodes.revoked_at is null then nodes.os end as system
      from nodes where nodes.tenant_id = ${ctx.tenantId}) as found
    group by grouping sets ((presence), (version), (system))
    order by count desc, version, system`);
  const byPresence: Record<PresenceKind, number> = { connected: 0, stale: 0, disconnected: 0, revoked: 0 };
  for (const { presence, count } of rows) if (presence !== null) byPresence[presence] = count;
  return {
    byPresence,
    byVersion: named(rows, BY.version, ({ version }) => version),
    bySystem: named(rows, BY.system, ({ system }) => system),
  };
}

function named(rows: readonly NodeCount[], by: number, nameOf: (row: NodeCount) => string | null): Counted[] {
  return rows
    .flatMap((row) => {
      const name = row.by === by ? nameOf(row) : null;
      return name === null ? [] : [{ name, count: row.count }];
    })
    .slice(0, MOST_NAMES);
}

interface OtherCounts {
  readonly running: number;
  readonly failed: number;
  readonly waiting: number;
  readonly dispatched: number;
  readonly waitingNodes: number;
  readonly ending: number;
  readonly approvals: number;
  readonly failing: number;
}

async function countOthers({ tenantId, clock }: Context, db: Queryable): Promise<OtherCounts> {
  const now = clock.now();
  const [counts] = await db.query<OtherCounts>(sql`
    select
      (select count(*)::int from runs where tenant_id = ${tenantId} and state = 'running' and kind = 'fleet') as running,
      (select count(*)::int from runs where tenant_id = ${tenantId} and kind = 'fleet' and failure_count > 0
        and created_at > ${now}::timestamptz - interval '1 day') as failed,
      (select count(*)::int from dispatches where tenant_id = ${tenantId} and status = 'pending') as waiting,
      (select count(*)::int from dispatches where tenant_id = ${tenantId} and run_id is not null and released_at is null
        and status in ('provisioning', 'running', 'completing')) as dispatched,
      (select count(*)::int from waiting_nodes where tenant_id = ${tenantId}) as "waitingNodes",
      (select count(*)::int from certificates as ending
        where ending.tenant_id = ${tenantId} and ending.node_id is not null and ending.revoked_at is null
          and ending.not_after > ${now} and ending.not_after <= ${now}::timestamptz + ${SOON_DAYS} * interval '1 day'
          and not exists (
            select from certificates as newer
            where newer.node_id = ending.node_id and newer.revoked_at is null and newer.not_after > ending.not_after)
      ) as ending,
      (select count(*)::int from approvals where tenant_id = ${tenantId} and state = 'waiting' and expires_at > ${now}) as approvals,
      (select count(*)::int from webhooks join event_cursors on event_cursors.id = webhooks.id
        where webhooks.tenant_id = ${tenantId} and event_cursors.failing_since is not null) as failing`);
  return (
    counts ?? { running: 0, failed: 0, waiting: 0, dispatched: 0, waitingNodes: 0, ending: 0, approvals: 0, failing: 0 }
  );
}

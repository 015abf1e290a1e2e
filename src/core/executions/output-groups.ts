/**
 * Hosts of a run whose outcome, exit code and output are the same, by the digests that are kept of executions. So a run of
 * 10,000 hosts is read as counts, and of its output only the beginning of one member of each group.
 */
import type { Context } from '../kernel/context.ts';
import type { ExecutionId, NodeId, RunId } from '../kernel/ids.ts';
import { emptySql, type Queryable, type Sql, sql } from '../kernel/sql.ts';
import type { Outcome } from './execution.ts';
import { digestRun, READ_BYTES } from './output-digests.ts';

export interface OutputGroup {
  /** In hex. */
  readonly digest: string;
  readonly outcome: Outcome;
  readonly exitCode: number | null;
  readonly count: number;
  readonly sampleHosts: readonly { readonly nodeId: NodeId; readonly name: string }[];
  /** The beginning of the output of its first host; of its result or its error where there is none. */
  readonly head: string;
  /** The digest covers all of the output of its first host, not its beginning and its end alone. */
  readonly isWhole: boolean;
}

export interface OutputGroups {
  /** Hosts that have ended. */
  readonly total: number;
  /** The largest first. */
  readonly groups: readonly OutputGroup[];
  /** Groups behind those. */
  readonly more: number;
}

/** The last group that somebody has seen. */
export interface GroupPlace {
  readonly count: number;
  readonly digest: string;
}

export interface RunToGroup {
  readonly runId: RunId;
  /** Names of the host and space at the ends of lines do not tell outputs apart. */
  readonly isNormalised: boolean;
}

const HEAD_BYTES = 4_096;
const MOST_GROUPS = 200;
const SAMPLES = 5;

interface GroupRow extends Omit<OutputGroup, 'sampleHosts' | 'head' | 'isWhole'> {
  readonly total: number;
  readonly groupsLeft: number;
  readonly firstId: ExecutionId;
  readonly nodeIds: NodeId[];
  readonly names: string[];
}

export async function groupOutput(
  ctx: Context,
  { db }: { readonly db: Queryable },
  run: RunToGroup & { readonly after?: GroupPlace | undefined },
): Promise<OutputGroups> {
  const { after } = run;
  await digestRun(db, run.runId);
  const rows = await db.query<GroupRow>(sql`
    select *, (count(*) over ())::int as "groupsLeft" from (
    select encode(ended.digest, 'hex') as digest, min(ended.outcome) as outcome, min(ended.exit_code) as "exitCode",
      count(*)::int as count, (sum(count(*)) over ())::int as total,
      (array_agg(ended.id order by ended.position))[1] as "firstId",
      (array_agg(ended.node_id order by ended.position))[1:${SAMPLES}::int] as "nodeIds",
      (array_agg(ended.name order by ended.position))[1:${SAMPLES}::int] as names
    from (${endedHosts(ctx, run)}) as ended
    group by ended.digest) as groups
    ${after === undefined ? emptySql : sql`where (-count, digest) > (${-after.count}::int, ${after.digest})`}
    order by count desc, digest limit ${MOST_GROUPS}`);
  const heads = await readHeads(ctx, db, run.runId, rows);
  const groups = rows.map(({ digest, outcome, exitCode, count, firstId, nodeIds, names }): OutputGroup => {
    const sampleHosts = nodeIds.map((nodeId, at) => ({ nodeId, name: names[at] ?? '' }));
    const { head = '', isWhole = false } = heads.get(firstId) ?? {};
    return { digest, outcome, exitCode, count, sampleHosts, head, isWhole };
  });
  return { total: rows[0]?.total ?? 0, groups, more: (rows[0]?.groupsLeft ?? 0) - rows.length };
}

export interface GroupedHost {
  readonly nodeId: NodeId;
  readonly name: string;
  readonly executionId: ExecutionId;
  readonly durationMs: number | null;
  /** In the order of the targets. */
  readonly position: number;
}

export interface HostsOfGroup extends RunToGroup {
  readonly digest: string;
  readonly after: number;
  readonly limit: number;
}

/** Lists the hosts of one group after a position, in the order of the targets of the run. */
export async function listHostsOfGroup(
  ctx: Context,
  { db }: { readonly db: Queryable },
  { digest, after, limit, ...run }: HostsOfGroup,
): Promise<GroupedHost[]> {
  await digestRun(db, run.runId);
  return db.query<GroupedHost>(sql`
    select ended.node_id as "nodeId", ended.name, ended.id as "executionId", ended.duration_ms as "durationMs", ended.position
    from (${endedHosts(ctx, run)}) as ended
    where encode(ended.digest, 'hex') = ${digest} and ended.position > ${after}
    order by ended.position limit ${limit}`);
}

function endedHosts({ tenantId }: Context, { runId, isNormalised }: RunToGroup): Sql {
  return sql`
    select executions.id, executions.position, nodes.id as node_id, nodes.name, executions.outcome, executions.exit_code,
      executions.duration_ms,
      ${isNormalised ? sql`executions.normal_output_digest` : sql`executions.output_digest`} as digest
    from executions join nodes on nodes.id = executions.node_id
    where executions.run_id = ${runId} and executions.tenant_id = ${tenantId} and executions.output_digest is not null`;
}

async function readHeads(
  { tenantId }: Context,
  db: Queryable,
  runId: RunId,
  rows: readonly GroupRow[],
): Promise<ReadonlyMap<ExecutionId, Pick<OutputGroup, 'head' | 'isWhole'>>> {
  if (rows.length === 0) return new Map();
  const found = await db.query<{ id: ExecutionId; output: Buffer | null; otherwise: string; isWhole: boolean }>(sql`
    select executions.id, left(coalesce(executions.result::text, executions.error_message, ''), ${HEAD_BYTES}) as otherwise,
      stdout_bytes + stderr_bytes <= ${READ_BYTES} and coalesce(length(executions.result::text), 0) < ${READ_BYTES} as "isWhole",
      (select substring(string_agg(data, ''::bytea order by stream, stream_offset) from 1 for ${HEAD_BYTES}) from output_chunks
        where output_chunks.run_id = ${runId} and output_chunks.execution_id = executions.id
          and stream_offset < ${HEAD_BYTES}) as output
    from executions
    where executions.tenant_id = ${tenantId} and executions.id = any (${rows.map(({ firstId }) => firstId)}::uuid[])`);
  return new Map(
    found.map(({ id, output, otherwise, isWhole }) => [id, { head: output?.toString('utf8') ?? otherwise, isWhole }]),
  );
}

/**
 * Hosts of a run whose outcome, exit code and output are the same. The digest of an execution is made when a group is asked
 * for first after it has ended, from the first 64 KiB it wrote and the sizes of its streams, and is remembered: nothing is
 * stored, and a run of 10,000 hosts is read in batches.
 */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ExecutionId, NodeId, RunId, TenantId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import type { Outcome } from './execution.ts';

export interface OutputGroup {
  readonly digest: string;
  readonly outcome: Outcome;
  readonly exitCode: number | null;
  readonly count: number;
  readonly sampleHosts: readonly { readonly nodeId: NodeId; readonly name: string }[];
  /** The first bytes of the output, as text. */
  readonly head: string;
}

export interface GroupedHost {
  readonly nodeId: NodeId;
  readonly name: string;
  readonly executionId: ExecutionId;
  readonly durationMs: number | null;
  readonly position: number;
}

export interface RunToGroup {
  readonly tenantId: TenantId;
  readonly runId: RunId;
  /** The host's own name and space at the ends of lines do not tell outputs apart. */
  readonly isNormalised: boolean;
}

const READ_BYTES = 65_536;
const HEAD_BYTES = 4_096;
const BATCH = 200;
const SAMPLES = 5;
const MOST_RUNS = 20;

interface Ended {
  id: ExecutionId;
  nodeId: NodeId;
  name: string;
  outcome: Outcome;
  exitCode: number | null;
  durationMs: number | null;
  position: number;
  bytes: string;
}

interface Printed {
  readonly digest: string;
  readonly head: string;
}

export class OutputGroups {
  readonly #db: Queryable;
  readonly #runs = new LRUCache<string, Map<ExecutionId, Printed>>({ max: MOST_RUNS });

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Of the executions that have ended, the largest group first. */
  async groupsOf(run: RunToGroup): Promise<{ readonly total: number; readonly groups: readonly OutputGroup[] }> {
    const { ended, printed } = await this.#read(run);
    const groups = Map.groupBy(ended, ({ id }) => printed.get(id)?.digest ?? '');
    const all = [...groups].map(([digest, members]): OutputGroup => {
      const [first] = members as [Ended]; // a group has a member
      const sampleHosts = members.slice(0, SAMPLES).map(({ nodeId, name }) => ({ nodeId, name }));
      const { outcome, exitCode } = first;
      return { digest, outcome, exitCode, count: members.length, sampleHosts, head: printed.get(first.id)?.head ?? '' };
    });
    return { total: ended.length, groups: all.toSorted((one, other) => other.count - one.count) };
  }

  /** Of one group, in the order of the targets of the run, behind a position. */
  async hostsOf(run: RunToGroup, digest: string, after: number, limit: number): Promise<GroupedHost[]> {
    const { ended, printed } = await this.#read(run);
    return ended
      .filter(({ id, position }) => position > after && printed.get(id)?.digest === digest)
      .slice(0, limit)
      .map(({ id, nodeId, name, durationMs, position }) => ({ nodeId, name, executionId: id, durationMs, position }));
  }

  async #read(run: RunToGroup): Promise<{ ended: Ended[]; printed: ReadonlyMap<ExecutionId, Printed> }> {
    const ended = await this.#db.query<Ended>(sql`
      select executions.id, nodes.id as "nodeId", nodes.name, coalesce(executions.outcome, 'not_started') as outcome,
        executions.exit_code as "exitCode", executions.duration_ms as "durationMs", executions.position,
        executions.stdout_bytes::text || '/' || executions.stderr_bytes::text as bytes
      from executions join nodes on nodes.id = executions.node_id
      where executions.run_id = ${run.runId} and executions.tenant_id = ${run.tenantId}
        and executions.state = 'finished'
      order by executions.position`);
    const key = `${run.runId} ${run.isNormalised}`;
    const printed = this.#runs.get(key) ?? new Map<ExecutionId, Printed>();
    this.#runs.set(key, printed);
    const missing = ended.filter(({ id }) => !printed.has(id));
    for (let at = 0; at < missing.length; at += BATCH) {
      const batch = missing.slice(at, at + BATCH);
      const outputs = await this.#outputsOf(run.runId, batch);
      for (const one of batch) printed.set(one.id, print(one, outputs.get(one.id), run.isNormalised));
    }
    return { ended, printed };
  }

  async #outputsOf(runId: RunId, batch: readonly Ended[]): Promise<Map<ExecutionId, Buffer>> {
    const rows = await this.#db.query<{ id: ExecutionId; output: Buffer | null }>(sql`
      select execution_id as id, string_agg(data, ''::bytea order by stream, stream_offset) as output
      from output_chunks
      where run_id = ${runId} and execution_id = any (${batch.map(({ id }) => id)}::uuid[])
        and stream_offset < ${READ_BYTES}
      group by execution_id`);
    return new Map(rows.map(({ id, output }) => [id, output?.subarray(0, READ_BYTES) ?? Buffer.alloc(0)]));
  }
}

function print({ outcome, exitCode, name, bytes }: Ended, output: Buffer | undefined, isNormalised: boolean): Printed {
  const text = output?.toString('utf8') ?? '';
  const compared = isNormalised ? normalised(text, name) : `${bytes}\n${text}`;
  const digest = createHash('sha256').update(`${outcome}\n${exitCode}\n${compared}`).digest('hex').slice(0, 32);
  return { digest, head: text.slice(0, HEAD_BYTES) };
}

function normalised(text: string, host: string): string {
  return text
    .replaceAll(host, '{host}')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

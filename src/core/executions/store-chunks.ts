import type { ExecutionId, NodeId } from '../kernel/ids.ts';
import { type Queryable, type Sql, sql } from '../kernel/sql.ts';

export const TAIL_BYTES = 4096;

export interface OutputChunk {
  readonly executionId: ExecutionId;
  readonly nodeId: NodeId;
  readonly epoch: number;
  readonly ordinal: number;
  readonly stream: 1 | 2;
  readonly offset: number;
  readonly data: Uint8Array;
}

/**
 * Chunks that are there already are left alone; chunks of executions that are over, and of sessions that are not current
 * any more, are dropped. What an execution has had is counted from what was stored: a dropped chunk comes again, and must
 * find its place free.
 *
 * The bytes of all chunks are one parameter, which the driver sends as it is; an array of them would be written in hex.
 * It is the last, because the driver copies what it has each time it makes room for more. PostgreSQL cuts it into rows
 * behind the sort.
 */
export async function storeChunks(tx: Queryable, chunks: readonly OutputChunk[]): Promise<void> {
  const stored = await tx.query<{ execution_id: ExecutionId; ordinal: number }>(sql`
    insert into output_chunks (execution_id, run_id, feed_position, ordinal, stream, stream_offset, data)
    select execution_id, run_id, nextval('feed_positions'), ordinal, stream, stream_offset,
      substring(sent.bytes from first_byte for length)
    from (
      select chunk.*, executions.run_id
      from unnest(${chunks.map((chunk) => chunk.executionId)}::uuid[], ${chunks.map((chunk) => chunk.nodeId)}::uuid[],
        ${chunks.map((chunk) => chunk.epoch)}::bigint[], ${chunks.map((chunk) => chunk.ordinal)}::int[],
        ${chunks.map((chunk) => chunk.stream)}::smallint[], ${chunks.map((chunk) => chunk.offset)}::bigint[],
        ${firstBytes(chunks)}::int[], ${chunks.map((chunk) => chunk.data.length)}::int[])
        with ordinality as chunk (execution_id, node_id, epoch, ordinal, stream, stream_offset, first_byte, length, place)
      join executions on executions.id = chunk.execution_id and executions.node_id = chunk.node_id
      join nodes on nodes.id = chunk.node_id and nodes.session_epoch = chunk.epoch
      where executions.state <> 'finished' and chunk.ordinal >= executions.output_chunks
      order by chunk.place
    ) as fresh, (select ${Buffer.concat(chunks.map((chunk) => chunk.data))}::bytea as bytes) as sent
    on conflict do nothing
    returning execution_id, ordinal`);
  const totals = [...totalsByExecution(onlyStored(chunks, stored)).values()];
  if (totals.length === 0) return;
  await tx.execute(sql`
    with counted as (update executions set
      output_chunks = greatest(executions.output_chunks, total.next_ordinal),
      stdout_bytes = executions.stdout_bytes + total.stdout_bytes,
      stderr_bytes = executions.stderr_bytes + total.stderr_bytes,
      stdout_tail = ${lastBytes(sql`coalesce(executions.stdout_tail, '') || total.stdout_tail`)},
      stderr_tail = ${lastBytes(sql`coalesce(executions.stderr_tail, '') || total.stderr_tail`)}
    from unnest(${totals.map((total) => total.executionId)}::uuid[], ${totals.map((total) => total.nextOrdinal)}::int[],
      ${totals.map((total) => total.stdoutBytes)}::bigint[], ${totals.map((total) => total.stderrBytes)}::bigint[],
      ${totals.map((total) => tailOf(total.stdout))}::bytea[], ${totals.map((total) => tailOf(total.stderr))}::bytea[])
      as total (execution_id, next_ordinal, stdout_bytes, stderr_bytes, stdout_tail, stderr_tail)
    where executions.id = total.execution_id and executions.state <> 'finished' and executions.output_chunks < total.next_ordinal
    returning executions.tenant_id, executions.created_at, total.stdout_bytes + total.stderr_bytes as bytes)
    insert into kept_output (tenant_id, day, bytes)
    select tenant_id, (created_at at time zone 'UTC')::date, sum(bytes) from counted group by 1, 2 order by 1, 2
    on conflict (tenant_id, day) do update set bytes = kept_output.bytes + excluded.bytes`);
}

/** The place of each chunk's first byte in all of them together; the first is 1. */
function firstBytes(chunks: readonly OutputChunk[]): number[] {
  let next = 1;
  return chunks.map(({ data }) => {
    const first = next;
    next += data.length;
    return first;
  });
}

/** Each once, in the order given. */
function onlyStored(
  chunks: readonly OutputChunk[],
  stored: readonly { readonly execution_id: ExecutionId; readonly ordinal: number }[],
): OutputChunk[] {
  const left = new Set(stored.map((row) => `${row.execution_id} ${row.ordinal}`));
  return chunks.filter((chunk) => left.delete(`${chunk.executionId} ${chunk.ordinal}`));
}

interface OutputTotal {
  readonly executionId: ExecutionId;
  nextOrdinal: number;
  stdoutBytes: number;
  stderrBytes: number;
  readonly stdout: Uint8Array[];
  readonly stderr: Uint8Array[];
}

function totalsByExecution(chunks: readonly OutputChunk[]): Map<ExecutionId, OutputTotal> {
  const totals = new Map<ExecutionId, OutputTotal>();
  for (const { executionId, ordinal, stream, data } of chunks) {
    let total = totals.get(executionId);
    if (total === undefined) {
      total = { executionId, nextOrdinal: 0, stdoutBytes: 0, stderrBytes: 0, stdout: [], stderr: [] };
      totals.set(executionId, total);
    }
    total.nextOrdinal = Math.max(total.nextOrdinal, ordinal + 1);
    if (stream === 1) {
      total.stdoutBytes += data.length;
      total.stdout.push(data);
    } else {
      total.stderrBytes += data.length;
      total.stderr.push(data);
    }
  }
  return totals;
}

function tailOf(parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat(parts).subarray(-TAIL_BYTES);
}

function lastBytes(bytes: Sql): Sql {
  return sql`substring(${bytes} from greatest(length(${bytes}) - ${TAIL_BYTES - 1}, 1))`;
}

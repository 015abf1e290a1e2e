/**
 * What an execution came to, as two digests: outcome, exit code, error, result and output, exactly, and without what differs
 * from host to host by nature. They are made once, after its end, from the first 64 KiB of its output, the end of each
 * stream and, exactly, the sizes of both; an execution that has ended does not change any more.
 */
import { createHash } from 'node:crypto';
import type { ExecutionId, RunId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';

const BATCH = 100;
/** What of the output and of a result the digests cover from the beginning. */
export const READ_BYTES = 65_536;
const DIGEST_BYTES = 16;

/** Makes those that are missing of the executions of a run that have ended. */
export async function digestRun(db: Queryable, runId: RunId): Promise<void> {
  for (let after = -1, isMore = true; isMore; ) {
    const ended = await readUndigested(db, runId, after);
    if (ended.length > 0) await storeDigests(db, await digestsOf(db, runId, ended));
    after = ended.at(-1)?.position ?? after;
    isMore = ended.length === BATCH;
  }
}

interface Ended {
  readonly id: ExecutionId;
  readonly position: number;
  readonly name: string | null;
  readonly hostname: string | null;
  readonly end: string;
  readonly result: string | null;
  readonly sizes: string;
  readonly tails: Buffer;
}

function readUndigested(db: Queryable, runId: RunId, after: number): Promise<Ended[]> {
  return db.query<Ended>(sql`
    select executions.id, executions.position, nodes.name, nodes.hostname,
      concat_ws(' ', executions.outcome, executions.exit_code, executions.error_code, executions.error_message) as end,
      left(executions.result::text, ${READ_BYTES}) as result,
      concat_ws(' ', executions.stdout_bytes, executions.stderr_bytes) as sizes,
      coalesce(executions.stdout_tail, '') || coalesce(executions.stderr_tail, '') as tails
    from executions left join nodes on nodes.id = executions.node_id
    where executions.run_id = ${runId} and executions.state = 'finished' and executions.output_digest is null
      and executions.position > ${after}
    order by executions.position limit ${BATCH}`);
}

interface Digests {
  readonly id: ExecutionId;
  readonly exact: Buffer;
  readonly normal: Buffer;
}

async function digestsOf(db: Queryable, runId: RunId, ended: readonly Ended[]): Promise<Digests[]> {
  const rows = await db.query<{ id: ExecutionId; output: Buffer | null }>(sql`
    select execution_id as id, string_agg(data, ''::bytea order by stream, stream_offset) as output
    from output_chunks
    where run_id = ${runId} and execution_id = any (${ended.map(({ id }) => id)}::uuid[]) and stream_offset < ${READ_BYTES}
    group by execution_id`);
  const outputs = new Map(rows.map(({ id, output }) => [id, output]));
  return ended.map((one) => digest(one, outputs.get(one.id) ?? Buffer.alloc(0)));
}

function digest({ id, end, result, sizes, tails, name, hostname }: Ended, output: Buffer): Digests {
  const [head, rest] = [output.toString('utf8', 0, READ_BYTES), tails.toString('utf8')];
  const names = [name, hostname].filter((one) => one !== null && one !== '') as string[]; // those are left
  const normal = [end, result ?? '', head, rest].map((text) => normalised(text, names));
  return { id, exact: hash([end, result ?? '', head, rest, sizes]), normal: hash(normal) };
}

function hash(parts: readonly string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, DIGEST_BYTES);
}

/** Without the names of the host, the longer one first, and space at the ends of lines. */
function normalised(text: string, names: readonly string[]): string {
  const ordered = names.toSorted((one, other) => other.length - one.length);
  return ordered
    .reduce((sofar, name) => sofar.replaceAll(name, '{host}'), text)
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** In the order of ids, so that two who make the same ones do not wait for each other in a circle. */
async function storeDigests(db: Queryable, digests: readonly Digests[]): Promise<void> {
  await db.execute(sql`
    with made as (
      select executions.id, made.exact, made.normal
      from unnest(${digests.map(({ id }) => id)}::uuid[], ${digests.map(({ exact }) => exact)}::bytea[],
        ${digests.map(({ normal }) => normal)}::bytea[]) as made (id, exact, normal)
      join executions on executions.id = made.id
      where executions.output_digest is null
      order by executions.id for update of executions)
    update executions set output_digest = made.exact, normal_output_digest = made.normal
    from made where executions.id = made.id`);
}

import { setTimeout as delay } from 'node:timers/promises';
import { parseId, type RunId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import type { BenchController } from './controller.ts';

/** Starts a command, `true` by default, on a target through edge-fleet and reads no events; the run goes on without us. */
export async function invoke(
  controller: BenchController,
  target: object,
  args: object = { command: 'true' },
): Promise<RunId> {
  const body = { target, tool: 'cmd.run', args, policy: { failure_policy: 'ContinueOnError' } };
  const response = await controller.open('POST', '/v1/edge/fleet/invoke', body);
  const id = parseId<RunId>(String(response.headers['x-fleet-command-id']).slice(2));
  response.destroy();
  if (id === undefined) throw new Error('the run has no id');
  return id;
}

/** Looks at the row of the run, on a connection of ours, until it has ended: every result is stored then. */
export async function untilStored({ db }: BenchController, runId: RunId): Promise<void> {
  for (;;) {
    const [run] = await db.query<{ state: string }>(sql`select state from runs where id = ${runId}`);
    if (run?.state === 'finished') return;
    await delay(3);
  }
}

/** @throws unless every execution of the run ended well, once. */
export async function checkOutcomes({ db }: BenchController, runId: RunId, targets: number): Promise<void> {
  const [row] = await db.query<{ ok: number; all: number }>(sql`
    select count(*) filter (where outcome = 'ok')::int as ok, count(*)::int as all from executions where run_id = ${runId}`);
  if (row?.ok !== targets || row.all !== targets)
    throw new Error(`${row?.ok} of ${row?.all} executions ended well; ${targets} should have`);
}

/**
 * Runs `argv` on all nodes and reads its events. Milliseconds until the first result was seen; the end of the run is waited
 * for, so that the next one does not meet it.
 */
export async function runToResult(controller: BenchController, argv: readonly string[]): Promise<number> {
  const start = performance.now();
  const body = { target: { Selector: {} }, tool: 'cmd.run', args: { argv } };
  const events = await controller.open('POST', '/v1/edge/fleet/invoke', body);
  let seenMs = Number.NaN;
  let tail = '';
  for await (const part of events.setEncoding('utf8')) {
    tail = tail.slice(-LONGEST_END) + part;
    if (Number.isNaN(seenMs) && tail.includes('event: command_result')) seenMs = performance.now() - start;
  }
  if (!tail.includes('"ok":1')) throw new Error(`a run did not end well:\n${tail.slice(-LONGEST_END)}`);
  return seenMs;
}

/** Characters of the last events of a run on one node, at most. */
const LONGEST_END = 4_096;

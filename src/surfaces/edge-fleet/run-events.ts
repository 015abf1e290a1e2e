/**
 * The events of a run, for whoever invoked it and whoever replays it: the same events with the same ids and data, from
 * the same rows, live or afterwards.
 *
 * Ids follow from the feed of the run (`core/runs/read-feed.ts`): `0` is `fleet_started`, then the position of the
 * item; an item that makes several events gives the earlier ones `position.1`, `position.2` and the last one its
 * position. So an id says where to go on, and nothing has to be remembered between two connections.
 */
import { readBytesBefore, type StreamPlace } from '#core/executions/read-bytes-before.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { NodeId } from '#core/kernel/ids.ts';
import type { Database } from '#core/kernel/sql.ts';
import { listTargetsOfRun } from '#core/runs/list-targets.ts';
import {
  type FeedChunk,
  type FeedEnd,
  type FeedItem,
  type FeedPart,
  type FeedResult,
  followFeed,
} from '#core/runs/read-feed.ts';
import type { Run } from '#core/runs/run.ts';
import type { RunSignals } from '#core/runs/run-signals.ts';
import { summarizeRuns } from '#core/runs/store.ts';
import { ChunkText } from './chunk-text.ts';
import { writeExecutionId, writeNodeId, writeRunId } from './ids.ts';
import { writeResult } from './mapping/results.ts';
import { writeSummary } from './mapping/runs.ts';
import { writeSkipped } from './mapping/targets.ts';

export interface RunEvent {
  readonly id: string;
  readonly event: 'fleet_started' | 'command_progress' | 'command_result' | 'error' | 'fleet_result';
  readonly data: unknown;
}

/** The last event somebody has seen: the `part`-th of those of the item at `position`, null: its last one. */
export interface EventPlace {
  readonly position: number;
  readonly part: number | null;
}

const EVENT_ID = /^(\d{1,15})(?:\.([1-9]))?$/;

/** @throws FleetError `malformed` for an id that none of our events has. */
export function readEventId(id: string): EventPlace {
  const [, position, part] = EVENT_ID.exec(id) ?? [];
  if (position === undefined) {
    throw new FleetError('malformed', 'Last-Event-ID is not the id of an event of a run', {
      details: { 'Last-Event-ID': ['is not the id of an event of a run'] },
    });
  }
  return { position: Number(position), part: part === undefined ? null : Number(part) };
}

/** Whoever has seen this event of the run has seen all there will ever be. */
export function isLastEvent({ endedPosition }: Run, { position, part }: EventPlace): boolean {
  return endedPosition !== null && part === null && position >= endedPosition;
}

export interface FollowEvents {
  readonly run: Run;
  /** Null: from the beginning. */
  readonly after: EventPlace | null;
  /** All of it where it is not said. */
  readonly part?: FeedPart | undefined;
  readonly signal: AbortSignal;
}

interface Reading {
  readonly db: Database;
  readonly signals: RunSignals;
}

export async function* runEvents(
  deps: Reading,
  { run, after, part, signal }: FollowEvents,
): AsyncGenerator<RunEvent, void, undefined> {
  const { tenantId, id: runId } = run;
  if (after === null)
    yield { id: '0', event: 'fleet_started', data: { ...(await writeTargets(deps, run)), ...writeAsked(run) } };
  const from = after === null ? 0 : after.position - (after.part === null ? 0 : 1);
  const text = new ChunkText((place, count) => readBytesBefore(deps.db, place, count), from === 0);
  for await (const item of followFeed(deps, { tenantId, runId, after: from, part, signal })) {
    const events = await eventsOf(deps, text, { tenantId, runId, part }, item);
    const seen = item.position === after?.position ? (after.part ?? events.length) : 0;
    yield* numbered(item.position, events).slice(seen);
  }
}

/** It waits, or waited, for this approval; the stream stays open meanwhile. */
function writeAsked({ approvalId }: Run): { readonly approval?: string } {
  return approvalId === null ? {} : { approval: approvalId };
}

type BareEvent = Omit<RunEvent, 'id'>;

function numbered(position: number, events: readonly BareEvent[]): RunEvent[] {
  const last = events.length - 1;
  return events.map((event, place) => ({ id: place === last ? `${position}` : `${position}.${place + 1}`, ...event }));
}

type RunPlace = Pick<StreamPlace, 'tenantId' | 'runId'> & Pick<FollowEvents, 'part'>;

function eventsOf(deps: Reading, text: ChunkText, run: RunPlace, item: FeedItem): Promise<BareEvent[]> {
  switch (item.kind) {
    case 'chunk':
      return progressEvents(text, run, item);
    case 'result':
      return resultEvents(text, run, item);
    case 'end':
      return endEvents(deps, item);
  }
}

/** Commands of nodes that have been deleted since have no name any more: they make no events. */
async function progressEvents(text: ChunkText, { tenantId, runId }: RunPlace, chunk: FeedChunk): Promise<BareEvent[]> {
  const { executionId, nodeId, position, stream, data } = chunk;
  const written = await text.read({ tenantId, runId, executionId, stream, position }, data);
  return nodeId === null || written === '' ? [] : [progress(chunk, nodeId, stream, written)];
}

async function resultEvents(
  text: ChunkText,
  { tenantId, runId, part }: RunPlace,
  ending: FeedResult,
): Promise<BareEvent[]> {
  const { executionId, nodeId, position } = ending;
  const result = writeResult(ending);
  if (nodeId === null || result === null) return [];
  const rest: BareEvent[] = [];
  for (const stream of part?.hasOutput === false ? [] : (['stdout', 'stderr'] as const)) {
    const place: StreamPlace = { tenantId, runId, executionId, stream, position };
    const written = await text.end(place);
    if (written !== '') rest.push(progress(ending, nodeId, stream, written));
  }
  return [...rest, { event: 'command_result', data: { ...writeCommand(ending, nodeId), result } }];
}

async function endEvents(deps: Reading, { run }: FeedEnd): Promise<BareEvent[]> {
  const { tenantId, id } = run;
  const summaries = await deps.signals.reads.read(
    id,
    `summary/${tenantId}`,
    () => summarizeRuns(deps.db, tenantId, [id]),
    () => BYTES_OF_TARGET,
  );
  const summary = summaries.get(id);
  if (summary === undefined) throw new FleetError('internal', 'a run that has ended has no summary');
  const result: BareEvent = {
    event: 'fleet_result',
    data: { ...(await writeTargets(deps, run)), summary: writeSummary(summary) },
  };
  const error = writeRunError(run);
  return error === undefined ? [result] : [{ event: 'error', data: error }, result];
}

function writeRunError(run: Run): { reason: string; message: string } | undefined {
  if (run.outcome === 'halted')
    return { reason: 'Halted', message: run.haltReason ?? 'the failure policy stopped the run' };
  if (run.outcome !== 'refused') return undefined;
  if (isForOneNode(run) && (run.policy.minTargets ?? 0) <= 1)
    return { reason: 'EdgeUnavailable', message: 'the host is not connected, or there is none' };
  const message = `${run.targetCount} hosts could be run on, ${run.policy.minTargets} are required: nothing was run`;
  return { reason: 'RequireMinNotSatisfied', message };
}

function isForOneNode(run: Run): boolean {
  const { target } = run.view;
  return typeof target === 'object' && target !== null && 'Node' in target;
}

/** What the id of a node takes in memory. */
const BYTES_OF_TARGET = 200;

function writeTargets({ db, signals }: Reading, run: Run) {
  const { tenantId, id } = run;
  const read = async () => {
    const targets = await listTargetsOfRun(db, tenantId, id);
    return {
      fleet_command_id: writeRunId(id),
      targets_resolved: targets.map(writeNodeId),
      targets_skipped: run.skipped.map(writeSkipped),
    };
  };
  const bytesOf = (found: Awaited<ReturnType<typeof read>>) =>
    BYTES_OF_TARGET * (found.targets_resolved.length + found.targets_skipped.length);
  return signals.reads.read(id, `targets/${tenantId}`, read, bytesOf);
}

function progress(item: FeedChunk | FeedResult, nodeId: NodeId, stream: 'stdout' | 'stderr', text: string): BareEvent {
  return { event: 'command_progress', data: { ...writeCommand(item, nodeId), chunk: { [stream]: text } } };
}

function writeCommand({ executionId }: FeedChunk | FeedResult, nodeId: NodeId) {
  return { node_id: writeNodeId(nodeId), command_id: writeExecutionId(executionId) };
}

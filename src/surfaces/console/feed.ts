/**
 * Tells which of the topics have moved: lists (`nodes`, `runs`, `dispatches`, …), and single things (`run:f-ID`,
 * `execution:c-ID`, `dispatch:dsp_…`). Lists and ends of executions move with the events of the outbox; a run and an execution also with what is
 * stored of them, output included.
 *
 * Nothing is kept for a reader: what moves within a quarter of a second is one frame of its topic, a reader that is too slow
 * for a frame is told to `reload` when it can be told anything, and so is one that comes again.
 */
import { type EventFeed, placeOfNow } from '#core/events/follow-events.ts';
import type { OutboxEvent } from '#core/events/outbox.ts';
import { findExecution } from '#core/executions/store.ts';
import { type Context, hasScope } from '#core/kernel/context.ts';
import { type ExecutionId, parseId, type RunId } from '#core/kernel/ids.ts';
import type { Queryable } from '#core/kernel/sql.ts';
import type { RunSignals } from '#core/runs/run-signals.ts';
import { findRun } from '#core/runs/store.ts';
import type { EventStream } from '#surfaces/http/event-stream.ts';
import { Moves } from './moves.ts';

export interface FeedDeps {
  readonly db: Queryable;
  readonly eventFeed: Pick<EventFeed, 'follow'>;
  readonly signals: Pick<RunSignals, 'next'>;
}

export interface FeedRequest {
  readonly topics: readonly string[];
  readonly isResumed: boolean;
}

export type FeedReader = Pick<EventStream, 'send' | 'trySend' | 'over'>;

/** Moves of a topic that come sooner after one another are told as one. */
const TELL_EVERY_MS = 250;

export async function writeFeed(
  ctx: Context,
  deps: FeedDeps,
  { topics, isResumed }: FeedRequest,
  events: FeedReader,
): Promise<void> {
  const watched = topics.filter((topic) => mayWatch(ctx, topic));
  const without = topics.filter((topic) => !watched.includes(topic));
  const moves = new Moves(new Set(watched));
  const place = await placeOfNow(deps.db);
  await events.send({ id: newId(), event: isResumed ? 'reload' : 'ready', data: { without } });
  const timer = setInterval(() => tell(moves, events), TELL_EVERY_MS);
  try {
    for (const topic of watched) void watchOutput(ctx, deps, topic, moves, events.over);
    for await (const event of deps.eventFeed.follow(ctx.tenantId, place, events.over)) moveBy(event, moves);
  } finally {
    clearInterval(timer);
  }
}

function newId(): string {
  return String(Date.now());
}

function tell(moves: Moves, events: FeedReader): void {
  for (const frame of moves.take()) {
    if (!events.trySend({ id: newId(), ...frame })) return moves.lose();
  }
}

/** Any of these scopes lets a topic be watched. */
const FLEET = ['garrison.fleet.read', 'edge-admin.read'];
const HOSTS = ['garrison.hosts.read', 'edge-admin.read'];
const DISPATCHES = ['status', 'admin'];
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  nodes: HOSTS,
  groups: HOSTS,
  outposts: HOSTS,
  certificates: HOSTS,
  runs: FLEET,
  run: FLEET,
  execution: FLEET,
  approvals: ['garrison.fleet.read', 'garrison.approvals.decide'],
  dispatches: DISPATCHES,
  dispatch: DISPATCHES,
  webhooks: ['edge-admin.read'],
  events: ['edge-admin.read', 'garrison.webhooks.read'],
  keys: ['keys.manage'],
  join: ['garrison.enroll', 'edge-admin.read'],
};

function mayWatch({ principal }: Context, topic: string): boolean {
  return SCOPES[kindOf(topic)]?.some((scope) => hasScope(principal, scope)) === true;
}

function kindOf(topic: string): string {
  return topic.split(':')[0] ?? '';
}

/** Lists by the first word of the type of an event. */
const LISTS: Readonly<Record<string, string>> = {
  node: 'nodes',
  run: 'runs',
  execution: 'runs',
  approval: 'approvals',
  dispatch: 'dispatches',
  webhook: 'webhooks',
  group: 'groups',
  key: 'keys',
  outpost: 'outposts',
  certificate: 'certificates',
  enrollment_token: 'join',
  enrollment_key: 'join',
};

function moveBy({ id, type, subject, data }: OutboxEvent, moves: Moves): void {
  moves.inList('events', id);
  const noun = type.split('.')[0] ?? '';
  const list = LISTS[noun];
  const runId = noun === 'run' ? subject : data.runId;
  if (typeof runId === 'string') moves.thing('run', `f-${runId}`);
  if (noun === 'execution') moves.thing('execution', `c-${subject}`);
  if (noun === 'dispatch' && typeof data.dispatchId === 'string') moves.thing('dispatch', data.dispatchId);
  if (list === 'nodes') moves.inList(list, `n-${subject}`);
  else if (list === 'runs') moves.inList(list, typeof runId === 'string' ? `f-${runId}` : subject);
  else if (list !== undefined) moves.inList(list, subject);
}

/** Watches a run or an execution of the tenant, until the reader has gone. */
async function watchOutput(
  ctx: Context,
  deps: FeedDeps,
  topic: string,
  moves: Moves,
  over: AbortSignal,
): Promise<void> {
  const [kind = '', id = ''] = topic.split(':');
  const runId = await runOf(ctx, deps, kind, id).catch(() => undefined); // the outbox is followed all the same
  while (runId !== undefined && !over.aborted) {
    await deps.signals.next(runId, over);
    moves.thing(kind, id);
  }
}

async function runOf({ tenantId }: Context, { db }: FeedDeps, kind: string, id: string): Promise<RunId | undefined> {
  const uuid = id.slice('f-'.length);
  const [runId, executionId] = [parseId<RunId>(uuid), parseId<ExecutionId>(uuid)];
  if (kind === 'run' && runId !== undefined) return (await findRun(db, tenantId, runId))?.id;
  if (kind !== 'execution' || executionId === undefined) return undefined;
  return (await findExecution(db, tenantId, executionId))?.runId;
}

import type { EventFeed } from '#core/events/follow-events.ts';
import { placeOfNow } from '#core/events/follow-events.ts';
import type { OutboxEvent } from '#core/events/outbox.ts';
import type { TenantId } from '#core/kernel/ids.ts';
import type { Queryable } from '#core/kernel/sql.ts';
import type { EventStream } from '#surfaces/http/event-stream.ts';

export interface FeedDeps {
  readonly db: Queryable;
  readonly eventFeed: Pick<EventFeed, 'follow'>;
}

/** Moves of a topic that come sooner after one another are told as one. */
const TELL_EVERY_MS = 250;

/**
 * Tells which of the topics have moved: `nodes`, `runs`, `run:f-ID`, `dispatches`, … Nothing is kept for a reader: after a
 * reconnection it is told to read again, which is all there is to catch up on.
 */
export async function writeFeed(
  deps: FeedDeps,
  { tenantId, topics, isResumed }: { tenantId: TenantId; topics: ReadonlySet<string>; isResumed: boolean },
  events: EventStream,
): Promise<void> {
  const place = await placeOfNow(deps.db);
  await events.send({ id: String(Date.now()), event: isResumed ? 'reload' : 'ready', data: {} });
  const moved = new Map<string, Move>();
  const timer = setInterval(() => {
    for (const { kind, id } of moved.values())
      events.trySend({ id: String(Date.now()), event: kind, data: id === undefined ? {} : { id } });
    moved.clear();
  }, TELL_EVERY_MS);
  try {
    for await (const event of deps.eventFeed.follow(tenantId, place, events.over)) {
      for (const move of movesOf(event)) if (isWatched(move, topics)) moved.set(`${move.kind}:${move.id ?? ''}`, move);
    }
  } finally {
    clearInterval(timer);
  }
}

interface Move {
  readonly kind: string;
  readonly id?: string | undefined;
}

function isWatched({ kind, id }: Move, topics: ReadonlySet<string>): boolean {
  return topics.has(kind) || (id !== undefined && topics.has(`${kind}:${id}`));
}

/** Topics by the first word of the type of an event. */
const TOPICS: Readonly<Record<string, string>> = {
  node: 'nodes',
  run: 'runs',
  execution: 'runs',
  dispatch: 'dispatches',
  webhook: 'webhooks',
  group: 'groups',
  key: 'keys',
  outpost: 'outposts',
  certificate: 'certificates',
  enrollment_token: 'join',
  enrollment_key: 'join',
};

function movesOf({ type, subject, data }: OutboxEvent): Move[] {
  const noun = type.split('.')[0] ?? '';
  const topic = TOPICS[noun];
  const runId = noun === 'run' ? subject : data.runId;
  return [
    ...(topic === undefined ? [] : [{ kind: topic, id: topic === 'dispatches' ? subject : undefined }]),
    ...(typeof runId === 'string' ? [{ kind: 'run', id: `f-${runId}` }] : []),
  ];
}

import type { EventStream } from '#surfaces/http/event-stream.ts';
import { type FollowEvents, type RunEvent, runEvents } from './run-events.ts';

/**
 * Sends the events of a run to one reader until the run has ended or the reader has left; the run does not notice
 * either. Events are read from storage a page at a time, so a reader that cannot keep up delays no other and costs no
 * memory: when its buffer is full, a comment `lagged` is sent, and it goes on from the stored events when there is room.
 */
export async function streamRun(
  deps: Parameters<typeof runEvents>[0],
  follow: Omit<FollowEvents, 'signal'>,
  stream: EventStream,
): Promise<void> {
  for await (const event of runEvents(deps, { ...follow, signal: stream.over })) {
    if (!stream.trySend(event) && !(await sendWhenThereIsRoom(stream, event))) return;
  }
}

async function sendWhenThereIsRoom(stream: EventStream, event: RunEvent): Promise<boolean> {
  return (await stream.comment('lagged')) && (await stream.send(event));
}

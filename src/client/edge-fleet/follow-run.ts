import { Backoff } from '#runtime/backoff.ts';
import { ApiError, UnreachableError } from '../api-error.ts';
import type { EdgeFleetClient, EventFilter } from './edge-fleet-client.ts';
import type { FleetStream } from './fleet-stream.ts';
import { RunLostError } from './run-lost-error.ts';
import type { FleetEvent, InvokeRequest, RerunRequest } from './wire.ts';

export interface FollowOptions extends EventFilter {
  /** Ends the following, not the run. */
  readonly signal: AbortSignal;
  /** The id of the run, as soon as it is known. */
  readonly onRunId?: (runId: string) => void;
  /** The connection broke and is being made again. */
  readonly onLost?: (why: string) => void;
  readonly backoff?: Backoff;
  /** Attempts in a row without an event before it gives up. Default 40, some two minutes. */
  readonly maxAttempts?: number;
}

/** Starts a run and yields its events to the last one. The order is sent once; only the following is ever repeated. */
export function invokeAndFollow(client: EdgeFleetClient, request: InvokeRequest, options: FollowOptions) {
  return follow(client, { runId: null, open: () => client.invoke(request, options.signal, options) }, options);
}

/** Gives the order of a run once more, on all of its target or where it failed, and yields the events of the new run. */
export function rerunAndFollow(
  client: EdgeFleetClient,
  { runId, ...body }: RerunRequest & { readonly runId: string },
  options: FollowOptions,
) {
  return follow(client, { runId: null, open: () => client.rerun(runId, body, options.signal, options) }, options);
}

/** The events of a run from its beginning, or those after `lastEventId`, to the last one. */
export function followRun(client: EdgeFleetClient, runId: string, options: FollowOptions & { lastEventId?: string }) {
  const open = () => client.events(runId, options.lastEventId, options.signal, options);
  return follow(client, { runId, open, lastEventId: options.lastEventId }, options);
}

interface Beginning {
  readonly runId: string | null;
  readonly open: () => Promise<FleetStream>;
  readonly lastEventId?: string | undefined;
}

/**
 * One stream after the other: when one breaks, or ends before the run does, the next begins after the last event that
 * was seen, so that every event is yielded once and in order. A stream that does not even open for the first time is
 * the caller's error.
 */
async function* follow(
  client: EdgeFleetClient,
  beginning: Beginning,
  options: FollowOptions,
): AsyncGenerator<FleetEvent, void, void> {
  const { signal, maxAttempts = 40, backoff = new Backoff({ firstMs: 200, maxMs: 5000 }) } = options;
  let { runId, lastEventId } = beginning;
  let stream = await beginning.open();
  const learnRunId = (id: string | null) => {
    if (id === null || id === runId) return;
    runId = id;
    options.onRunId?.(id);
  };
  for (;;) {
    let lost: unknown = new Error('the server ended the stream before the run');
    learnRunId(stream.runId);
    try {
      let isRefused = false;
      for await (const event of stream.events) {
        backoff.reset();
        lastEventId = event.id || lastEventId;
        if (event.event === 'fleet_started') learnRunId(event.data.fleet_command_id);
        yield event;
        if (event.event === 'fleet_result') return;
        isRefused = event.event === 'error' && event.data.reason !== 'Halted';
      }
      if (isRefused) return;
    } catch (error) {
      lost = error;
    }
    stream = await reopen(lost);
  }

  async function reopen(broken: unknown): Promise<FleetStream> {
    let cause = broken;
    for (;;) {
      signal.throwIfAborted();
      if (runId === null || backoff.failures >= maxAttempts) throw new RunLostError(runId, cause);
      options.onLost?.(cause instanceof Error ? cause.message : String(cause));
      await backoff.wait(signal);
      try {
        return await client.events(runId, lastEventId, signal, options);
      } catch (error) {
        if (!isPassing(error)) throw error;
        cause = error;
      }
    }
  }
}

function isPassing(error: unknown): boolean {
  return (
    error instanceof UnreachableError || (error instanceof ApiError && (error.status >= 500 || error.status === 429))
  );
}

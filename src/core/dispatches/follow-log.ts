import { aborted } from '#runtime/aborted.ts';
import type { Context } from '../kernel/context.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { RunSignals } from '../runs/run-signals.ts';
import type { Dispatch } from './dispatch.ts';
import { getDispatch } from './read-dispatches.ts';
import { type LogEntry, readLog } from './read-log.ts';

export type LogEvent =
  | { readonly kind: 'entries'; readonly entries: readonly LogEntry[]; readonly offset: string }
  | { readonly kind: 'status'; readonly dispatch: Dispatch; readonly offset: string }
  /** Nothing will come any more; always the last. */
  | { readonly kind: 'end'; readonly dispatch: Dispatch; readonly offset: string };

const PAGE = 100;
const LOOK_AGAIN_MS = 1_000;

/** The log from `offset` on, then what is still to come, with each change of status, until the dispatch is over or `signal` aborts. */
export async function* followLog(
  ctx: Context,
  deps: { readonly db: Queryable; readonly signals: RunSignals },
  asked: { readonly name: string; readonly offset?: string | undefined; readonly signal: AbortSignal },
): AsyncGenerator<LogEvent, void, void> {
  let { offset } = asked;
  let told = '';
  while (!asked.signal.aborted) {
    const dispatch = await getDispatch(ctx, deps, asked.name);
    const woken = nextLook(deps.signals, dispatch, asked.signal);
    const page = await readLog(deps.db, dispatch, { offset, limit: PAGE });
    offset = page.offset;
    if (page.entries.length > 0) yield { kind: 'entries', entries: page.entries, offset };
    if (page.isCut) continue;
    const { status, progress, parked } = dispatch;
    const state = `${status} ${progress} ${parked?.at.getTime() ?? ''}`;
    if (dispatch.releasedAt !== null) return yield { kind: 'end', dispatch, offset };
    if (told !== state) yield { kind: 'status', dispatch, offset };
    told = state;
    await woken;
  }
}

function nextLook(signals: RunSignals, { runId }: Dispatch, signal: AbortSignal): Promise<void> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(LOOK_AGAIN_MS)]);
  if (runId !== null) return signals.next(runId, until);
  return aborted(until);
}

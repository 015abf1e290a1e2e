/**
 * The tool at work on an order: from the call to its ending, with its output recorded and its time limit kept. The limit
 * counts from the moment the tool says that it runs, not from the order.
 */
import type { Log } from '#runtime/log.ts';
import type { BulkChannels } from '../bulk/bulk-channels.ts';
import { messageOf } from '../daemon-error.ts';
import type { Order, ProcessMark } from '../journal/journal.ts';
import {
  type Executor,
  failed,
  GOES_ON,
  type StopReason,
  type ToolEnding,
  type ToolEndingOrNone,
  type ToolIo,
} from './executor.ts';
import type { Course } from './finished-frame.ts';
import { OutputRecorder, type OutputSink } from './output-recorder.ts';

export interface RunningOrder {
  readonly order: Order;
  /** A former life has started it. */
  readonly isTakenUp: boolean;
  readonly output: OutputSink;
  /** Ends it, with a `StopReason`. */
  readonly abort: AbortController;
  /** What cannot be put away any more once this aborts is given up. */
  readonly givesUpOutput: AbortSignal;
  readonly executor: Executor;
  readonly files: Pick<BulkChannels, 'upload' | 'download'>;
  readonly log: Log;
  readonly now: () => number;
  /** What an order without a limit of its own keeps of each stream. */
  readonly outputLimitBytes: number;
  /** A process is there. */
  readonly onProcess: (mark: ProcessMark) => void;
  /** It runs, since this instant. Once. */
  readonly onStarted: (at: number) => void;
}

/** Longest delay a timer takes. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

export async function runOrder(
  running: RunningOrder,
): Promise<{ readonly ending: ToolEnding; readonly course: Course } | typeof GOES_ON> {
  const { order, abort, now } = running;
  const args = readJson(order.argsJson);
  const limitBytes = order.outputLimitBytes || running.outputLimitBytes;
  const recorder = new OutputRecorder(running.output, limitBytes);
  const clock = performance.now();
  let startedAt: number | undefined;
  /** How long it had run before this life of the daemon knew of it. */
  let lead = 0;
  let timer: NodeJS.Timeout | undefined;
  const ending = await callTool(running, args, {
    signal: abort.signal,
    started: (mark, at) => {
      if (mark !== undefined) running.onProcess(mark);
      if (startedAt !== undefined) return;
      const since = at ?? now();
      startedAt = since;
      lead = Math.round(Math.max(0, now() - since - (performance.now() - clock)));
      running.onStarted(startedAt);
      const afterMs = timeLimitOf(order, args);
      if (afterMs === undefined) return;
      const timedOut: StopReason = { kind: 'timed_out', afterMs };
      const leftMs = Math.max(0, afterMs - (now() - since));
      timer = setTimeout(() => abort.abort(timedOut), leftMs);
    },
    write: (stream, data) => recorder.write(stream, data),
    ready: () => recorder.ready(),
    files: {
      upload: (file) => running.files.upload({ ...file, executionId: order.executionId }),
      download: (file) => running.files.download(file),
    },
    output: { sink: running.output, limitBytes },
  });
  clearTimeout(timer);
  if (ending === GOES_ON) return GOES_ON;
  const recorded = await recorder.end(running.givesUpOutput);
  const durationMs = startedAt === undefined ? 0 : Math.round(performance.now() - clock) + lead;
  return { ending, course: { totals: ending.totals ?? recorded, startedAt, durationMs } };
}

async function callTool(
  { order, isTakenUp, executor, log }: RunningOrder,
  args: unknown,
  io: ToolIo,
): Promise<ToolEndingOrNone> {
  const { executionId, runId, tool } = order;
  try {
    return await executor.execute({ executionId, runId, tool, args, isTakenUp }, io);
  } catch (error) {
    log.error({ executionId, tool, error: messageOf(error) }, 'a tool failed in a way it does not declare');
    return failed('internal', 'the daemon failed while it ran the tool; its log says how');
  }
}

/** The shorter of the order's and the one in the arguments. */
function timeLimitOf({ timeoutMs }: Order, args: unknown): number | undefined {
  const asked = typeof args === 'object' && args !== null && 'timeout_secs' in args ? args.timeout_secs : undefined;
  const limits = [timeoutMs, typeof asked === 'number' ? asked * 1000 : 0].filter((ms) => ms > 0);
  return limits.length === 0 ? undefined : Math.min(...limits, MAX_TIMER_MS);
}

function readJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // no tool takes it, and the one that is meant says so
  }
}

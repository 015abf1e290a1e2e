import type { Finished } from '#protocol/gen/garrison/node/v1/node.ts';
import type { SpooledChunk, StreamNumber } from '../spool/spool.ts';
import { failed, type ToolEnding } from './executor.ts';
import type { OutputTotals } from './output-recorder.ts';

/** What happened before the end. */
export interface Course {
  readonly totals: OutputTotals;
  /** Milliseconds since the epoch; undefined when it never ran. */
  readonly startedAt: number | undefined;
  readonly durationMs: number;
}

export const nothingHappened: Course = {
  totals: { stdoutBytes: 0, stderrBytes: 0, isTruncated: false },
  startedAt: undefined,
  durationMs: 0,
};

export interface End {
  readonly executionId: string;
  readonly ending: ToolEnding;
  readonly course: Course;
  readonly at: Date;
  readonly outputChunks: number;
}

export function finishedFrame({ executionId, ending, course, at, outputChunks }: End): Finished {
  const { outcome, errorCode, errorMessage, exitCode, resultJson } = withBoundedResult(ending);
  const { totals, startedAt, durationMs } = course;
  return {
    executionId,
    outcome,
    exitCode,
    startedAt: startedAt === undefined ? undefined : new Date(startedAt),
    finishedAt: at,
    durationMs: Math.max(0, durationMs),
    errorCode: errorCode ?? '',
    errorMessage: errorMessage ?? '',
    stdoutBytes: totals.stdoutBytes,
    stderrBytes: totals.stderrBytes,
    truncated: totals.isTruncated,
    resultJson,
    outputChunks,
  };
}

/** What a crash left of the output: whatever was produced beyond it is gone. */
export function totalsOfChunks(chunks: readonly SpooledChunk[]): OutputTotals {
  const bytesOf = (stream: StreamNumber) =>
    chunks
      .filter((chunk) => chunk.stream === stream)
      .reduce((end, chunk) => Math.max(end, chunk.offset + chunk.length), 0);
  return { stdoutBytes: bytesOf(1), stderrBytes: bytesOf(2), isTruncated: true };
}

/** The limit for the JSON of a structured result; a frame to the controller holds 1 MiB. */
const MAX_RESULT_BYTES = 900_000;

function withBoundedResult(ending: ToolEnding): ToolEnding & { readonly resultJson: string } {
  if (ending.result === undefined) return { ...ending, resultJson: '' };
  const resultJson = JSON.stringify(ending.result);
  const bytes = Buffer.byteLength(resultJson);
  if (bytes <= MAX_RESULT_BYTES) return { ...ending, resultJson };
  const refusal = failed('result_too_large', `the result has ${bytes} bytes as JSON, more than ${MAX_RESULT_BYTES}`);
  return { ...refusal, resultJson: '' };
}

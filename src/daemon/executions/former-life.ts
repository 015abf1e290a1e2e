/**
 * What a former life of the daemon left behind, by journal and spool. What it had received and not started may start
 * still; what it had started is over, however far it came; ends that were not acknowledged are told again.
 */
import type { JournalEntry } from '../journal/journal.ts';
import type { SpooledChunk } from '../spool/spool.ts';
import type { ToolEnding } from './executor.ts';
import { type Course, totalsOfChunks } from './finished-frame.ts';

export interface FormerExecution {
  readonly id: string;
  readonly entry: JournalEntry;
  /** In the order of their ordinals, without a gap. */
  readonly chunks: readonly SpooledChunk[];
}

export interface FormerLife {
  readonly executions: readonly FormerExecution[];
  /** Chunks nobody asks for: of executions that are over, and behind a gap. */
  readonly orphans: readonly SpooledChunk[];
}

export function readFormerLife(
  entries: ReadonlyMap<string, JournalEntry>,
  recovered: readonly SpooledChunk[],
): FormerLife {
  const chunksOf = Map.groupBy(recovered, (chunk) => chunk.executionId);
  const executions = [...entries].map(([id, entry]) => ({ id, entry, chunks: untilGap(chunksOf.get(id) ?? []) }));
  const wanted = new Set(executions.flatMap(({ chunks }) => chunks));
  return { executions, orphans: recovered.filter((chunk) => !wanted.has(chunk)) };
}

/** A disk that lost power may have kept later chunks and lost earlier ones; a controller takes them only in order. */
function untilGap(found: readonly SpooledChunk[]): SpooledChunk[] {
  const chunks = newestOfEach(found);
  const first = chunks[0]?.ordinal ?? 0;
  const gap = chunks.findIndex((chunk, place) => chunk.ordinal !== first + place);
  return gap === -1 ? [...chunks] : chunks.slice(0, gap);
}

/** Output that was taken up from its beginning is there twice where the disk still has what was sent before. */
function newestOfEach(found: readonly SpooledChunk[]): SpooledChunk[] {
  const byOrdinal = new Map(found.map((chunk) => [chunk.ordinal, chunk]));
  return [...byOrdinal.values()].sort((one, other) => one.ordinal - other.ordinal);
}

export const interrupted: ToolEnding = {
  outcome: 'interrupted',
  errorCode: 'daemon_crashed',
  errorMessage: 'the daemon or its host went down while it ran; it is not started again',
};

/** The course of an execution that had been started. */
export function courseUntil(now: number, startedAt: number, chunks: readonly SpooledChunk[]): Course {
  return { totals: totalsOfChunks(chunks), startedAt, durationMs: now - startedAt };
}

import type { DaemonPart } from '../daemon-part.ts';
import type { Executions } from '../executions/executions.ts';
import type { Journal } from '../journal/journal.ts';
import type { Spool } from '../spool/spool.ts';

export interface ExecutionsPartNeeds {
  readonly executions: Executions;
  readonly journal: Journal;
  readonly spool: Spool;
  /** Where the controller names no other. */
  readonly concurrency: number;
  /** How long what runs may go on once the daemon is stopped. */
  readonly stopGraceMs: number;
  readonly isSessionOpen: () => boolean;
}

/** How long a stopping daemon waits for its last words to be acknowledged. */
const LAST_WORDS_MS = 2000;

/** Orders, what becomes of them, and what of that the controller has confirmed. */
export function executionsPart(needs: ExecutionsPartNeeds): DaemonPart {
  const { executions, journal, spool, concurrency, stopGraceMs, isSessionOpen } = needs;
  return {
    name: 'executions',
    onWelcome: ({ at }) => executions.resume(at),
    words: {
      execute: ({ startBefore, ...order }) => executions.execute({ ...order, startBefore: startBefore?.getTime() }),
      cancel: ({ executionId, reason }) => executions.cancel(executionId, reason),
      ackOutput: ({ executionId, ordinal }) => executions.acknowledgeOutput(executionId, ordinal),
      ackFinished: ({ executionId }) => executions.acknowledgeFinished(executionId),
      configure: (configured) => executions.setConcurrency(configured.concurrency || concurrency),
    },
    problems: () => [...executions.problems, ...(spool.isFull ? [SPOOL_IS_FULL] : [])],
    metrics: () => ({
      running: executions.runningCount,
      queued: executions.queuedCount,
      unacknowledged: executions.unacknowledgedCount,
      spooledBytes: spool.usedBytes,
      journalBytes: journal.sizeBytes,
      receivedTotal: executions.totals.received,
      endedTotal: executions.totals.ended,
      acknowledgedTotal: executions.totals.acknowledged,
    }),
    async stop() {
      await executions.stop(stopGraceMs);
      await executions.allAcknowledged(isSessionOpen() ? LAST_WORDS_MS : 0);
    },
  };
}

const SPOOL_IS_FULL = 'the spool for unconfirmed output is full, so commands that write are held back';

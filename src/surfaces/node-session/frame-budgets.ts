import { LRUCache } from 'lru-cache';
import type { NodeId } from '#core/kernel/ids.ts';
import type { NodeFrame } from '#protocol/gen/garrison/node/v1/node.ts';
import { TokenBucket } from '#runtime/token-bucket.ts';

type FrameKind = NonNullable<NodeFrame['frame']>['$case'];

/** What a node may send, two things it may do with what it sends, and the calls it makes. */
export type Budgeted = FrameKind | 'unknownKind' | 'unknownExecution' | 'call';

export interface FrameBudget {
  readonly atOnce: number;
  readonly perSecond: number;
  /** The session is cut with a reason; or the stream is not read until the frame would have been due. */
  readonly beyond: 'cut' | 'wait';
}

/**
 * How much of each kind one node may send, over all its sessions here. A daemon that does as it should stays far below:
 * it beats and reports once a second at most, reads its facts once a minute, and is never handed more than 512 executions.
 * Output waits rather than being cut, because a command that writes much is no offence; a daemon that waits gathers larger
 * chunks. The README of this folder shows this table.
 */
export const FRAME_BUDGETS: Readonly<Record<Budgeted, FrameBudget>> = {
  hello: { atOnce: 60, perSecond: 1, beyond: 'cut' },
  heartbeat: { atOnce: 60, perSecond: 5, beyond: 'cut' },
  metrics: { atOnce: 60, perSecond: 5, beyond: 'cut' },
  factsChanged: { atOnce: 30, perSecond: 1, beyond: 'cut' },
  received: { atOnce: 8_192, perSecond: 2_000, beyond: 'cut' },
  started: { atOnce: 8_192, perSecond: 2_000, beyond: 'cut' },
  finished: { atOnce: 8_192, perSecond: 2_000, beyond: 'cut' },
  output: { atOnce: 2_000, perSecond: 2_000, beyond: 'wait' },
  bulk: { atOnce: 500, perSecond: 20, beyond: 'cut' },
  ssh: { atOnce: 500, perSecond: 20, beyond: 'wait' },
  /** Frames of later versions, and empty ones. */
  unknownKind: { atOnce: 100, perSecond: 10, beyond: 'cut' },
  /** Frames about executions that this controller does not know to be open. */
  unknownExecution: { atOnce: 8_192, perSecond: 256, beyond: 'cut' },
  /** Calls of the service, sessions among them, whether they come to something or not. */
  call: { atOnce: 120, perSecond: 2, beyond: 'cut' },
};

/** Nodes that are remembered: whoever reconnects has no new budget. */
const NODES_REMEMBERED = 50_000;

/** What one node may still send. */
export class NodeBudget {
  readonly #buckets = new Map<Budgeted, TokenBucket>();

  /** How long the stream must not be read after this frame; `over` when the session has to be cut. */
  spend(kind: Budgeted): number | 'over' {
    const bucket = this.#bucketOf(kind);
    if (FRAME_BUDGETS[kind].beyond === 'wait') return bucket.borrow();
    return bucket.take() ? 0 : 'over';
  }

  #bucketOf(kind: Budgeted): TokenBucket {
    let bucket = this.#buckets.get(kind);
    if (bucket === undefined) {
      bucket = new TokenBucket(FRAME_BUDGETS[kind]);
      this.#buckets.set(kind, bucket);
    }
    return bucket;
  }
}

export class FrameBudgets {
  readonly #nodes = new LRUCache<NodeId, NodeBudget>({ max: NODES_REMEMBERED });

  of(nodeId: NodeId): NodeBudget {
    let budget = this.#nodes.get(nodeId);
    if (budget === undefined) {
      budget = new NodeBudget();
      this.#nodes.set(nodeId, budget);
    }
    return budget;
  }
}

const NAMES: Readonly<Record<Budgeted, string>> = {
  hello: 'Hello frames',
  heartbeat: 'Heartbeat frames',
  metrics: 'Metrics frames',
  factsChanged: 'FactsChanged frames',
  received: 'Received frames',
  started: 'Started frames',
  finished: 'Finished frames',
  output: 'Output frames',
  bulk: 'frames about bulk connections',
  ssh: 'frames about attempts to sign in by SSH',
  unknownKind: 'frames of an unknown kind',
  unknownExecution: 'frames about executions that are not open',
  call: 'calls',
};

/** What the node is told when its session is cut. */
export function beyondBudget(kind: Budgeted): string {
  const { atOnce, perSecond } = FRAME_BUDGETS[kind];
  return `more ${NAMES[kind]} than a node may ${kind === 'call' ? 'make' : 'send'}: ${atOnce} at once, ${perSecond} a second in the long run`;
}

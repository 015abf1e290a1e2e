import type { Finished } from '#protocol/gen/garrison/node/v1/node.ts';
import type { Order } from '../journal/journal.ts';
import type { OutgoingOutput } from './outgoing-output.ts';

/** One execution on this host; `executions.ts` tells what moves it from state to state. */
export interface Execution {
  readonly id: string;
  readonly output: OutgoingOutput;
  state: ExecutionState;
  /** Nobody wants its result: it is forgotten as soon as it is over. */
  isForgotten: boolean;
}

export type ExecutionState =
  | { readonly kind: 'queued'; readonly order: Order; expiry: NodeJS.Timeout | undefined }
  | { readonly kind: 'starting'; readonly order: Order; cancelReason: string | undefined }
  | { readonly kind: 'running'; readonly abort: AbortController; startedAt: number | undefined }
  | { readonly kind: 'finished'; readonly finished: Finished; isSent: boolean };

export type StateOf<Kind extends ExecutionState['kind']> = Extract<ExecutionState, { readonly kind: Kind }>;

/** In the place of an order that has not come and is not wanted any more. */
export function noOrder(executionId: string): Order {
  return {
    executionId,
    runId: '',
    tool: '',
    argsJson: '',
    timeoutMs: 0,
    startBefore: undefined,
    outputLimitBytes: 0,
  };
}

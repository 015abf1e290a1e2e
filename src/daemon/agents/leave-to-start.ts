/**
 * Leave to start an agent: the controller gives it once for each placement of a dispatch, so that no two machines start the same
 * one. While nobody answers, it is asked for again; without it nothing is started.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { status as Status } from '@grpc/grpc-js';
import type { NodeServiceClient } from '#protocol/gen/garrison/node/v1/node.ts';

/** `silent`: no controller has answered in time. */
export type Leave = 'given' | 'refused' | 'silent';

export type AskLeave = (executionId: string, signal: AbortSignal) => Promise<Leave>;

const ASK_FOR_MS = 60_000;
const ASK_AGAIN_MS = 500;

export function leaveFrom(client: () => NodeServiceClient | undefined): AskLeave {
  return async (executionId, signal) => {
    const until = performance.now() + ASK_FOR_MS;
    while (!signal.aborted && performance.now() < until) {
      const answer = await ask(client(), executionId);
      if (answer !== 'silent') return answer;
      await delay(ASK_AGAIN_MS, undefined, { signal }).catch(() => undefined); // the loop ends by the signal
    }
    return 'silent';
  };
}

/** A controller of before knows nothing of leave, and places nothing that would need it. */
function ask(client: NodeServiceClient | undefined, executionId: string): Promise<Leave> {
  if (client === undefined) return Promise.resolve('silent');
  return new Promise((resolve) => {
    client.mayStart({ executionId }, (error, response) => {
      if (error === null) resolve(response.granted ? 'given' : 'refused');
      else resolve(error.code === Status.UNIMPLEMENTED ? 'given' : 'silent');
    });
  });
}

/**
 * More budget for an agent that has spent what it had: the controller is asked again and again until somebody has decided there,
 * also across its restarts. The time limit of the dispatch bounds it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { status as Status } from '@grpc/grpc-js';
import {
  type AskBudgetRequest,
  type AskBudgetResponse,
  type NodeServiceClient,
  AskBudgetResponse_Verdict as Verdict,
} from '#protocol/gen/garrison/node/v1/node.ts';
import type { MoreBudget } from './relay/budget-gate.ts';
import type { AddedBudget } from './relay/usage-meter.ts';

export interface BudgetQuestion {
  readonly executionId: string;
  readonly spent: string;
  readonly known: AddedBudget;
}

/** Undefined once the signal aborts. */
export type AskBudget = (question: BudgetQuestion, signal: AbortSignal) => Promise<MoreBudget | undefined>;

/** However many wait on this node, it asks once in so long: its calls are counted. */
const EVERY_MS = 1_000;
const NOBODY = { kind: 'refused', reason: 'nobody is there who could give it more' } as const;

export function budgetFrom(client: () => NodeServiceClient | undefined): AskBudget {
  let nextAt = 0;
  const turn = async (signal: AbortSignal) => {
    const now = performance.now();
    const at = Math.max(now, nextAt);
    nextAt = at + EVERY_MS;
    if (at > now) await delay(at - now, undefined, { signal }).catch(() => undefined); // whoever asks looks at the signal
  };
  return async ({ executionId, spent, known }, signal) => {
    const question = { executionId, reason: spent, knownTokens: known.tokens, knownRequests: known.requests };
    for (;;) {
      await turn(signal);
      if (signal.aborted) return undefined;
      const answer = await ask(client(), question);
      if (answer !== 'silent' && answer.verdict === Verdict.ADDED)
        return { kind: 'added', tokens: answer.addedTokens, requests: answer.addedRequests };
      if (answer !== 'silent' && answer.verdict === Verdict.REFUSED) return { kind: 'refused', reason: answer.reason };
    }
  };
}

/** The answer on a node without a controller. */
export const nobodyGivesMore: AskBudget = async () => NOBODY;

function ask(client: NodeServiceClient | undefined, question: AskBudgetRequest): Promise<AskBudgetResponse | 'silent'> {
  if (client === undefined) return Promise.resolve('silent');
  return new Promise((resolve) => {
    client.askBudget(question, (error, response) => {
      if (error === null) resolve(response);
      else if (error.code === Status.UNIMPLEMENTED)
        resolve({ verdict: Verdict.REFUSED, reason: NOBODY.reason, addedTokens: 0, addedRequests: 0 });
      else resolve('silent');
    });
  });
}

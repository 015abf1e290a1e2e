import type { BudgetAnswer } from '#core/dispatches/ask-budget.ts';
import { AskBudgetResponse, AskBudgetResponse_Verdict as Verdict } from '#protocol/gen/garrison/node/v1/node.ts';

export function writeBudgetAnswer(answer: BudgetAnswer): AskBudgetResponse {
  switch (answer.kind) {
    case 'waiting':
      return AskBudgetResponse.fromPartial({ verdict: Verdict.WAITING });
    case 'added':
      return AskBudgetResponse.fromPartial({
        verdict: Verdict.ADDED,
        addedTokens: answer.tokens,
        addedRequests: answer.requests,
      });
    case 'refused':
      return AskBudgetResponse.fromPartial({ verdict: Verdict.REFUSED, reason: answer.reason });
  }
}

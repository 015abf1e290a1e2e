import type {
  AgentDispatchClient,
  DispatchLogEntry,
  DispatchRecord,
} from '#client/agent-dispatch/agent-dispatch-client.ts';
import type { Invocation } from '../../invocation.ts';
import { formatDuration } from '../../output/times.ts';

/** Writes the log as it comes. Undefined when the person has left before the end. */
export async function followToEnd(
  invocation: Invocation,
  client: AgentDispatchClient,
  id: string,
  signal: AbortSignal,
): Promise<DispatchRecord | undefined> {
  let told = '';
  try {
    for await (const one of client.follow(id, signal)) {
      if (one.event === 'log') for (const entry of one.logs) writeEntry(invocation, entry);
      else if (one.event === 'end') return one.dispatch;
      else if (stateOf(one.dispatch) !== told) {
        told = stateOf(one.dispatch);
        invocation.note(invocation.paint('dim', `${told} (${one.dispatch.progress} %)`));
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return undefined;
}

function stateOf({ status, parked, dispatchId }: DispatchRecord): string {
  if (parked === null) return status;
  return `${status}, waits for more budget: garrison dispatch budget ${dispatchId}, or garrison approvals approve ${parked.approval}`;
}

export function writeEntry(invocation: Invocation, { timestamp, level, source, message }: DispatchLogEntry): void {
  const { terminal, paint, format } = invocation;
  if (format !== 'table') return;
  const time = paint('dim', timestamp.slice(11, 19));
  const who = paint('cyan', source);
  const text = level === 'error' ? paint('red', message) : level === 'warn' ? paint('yellow', message) : message;
  terminal.stdout.write(`${time} ${who} ${text}\n`);
}

/** How it ended, and what it took. */
export function sentenceOf(dispatch: DispatchRecord): string {
  const { dispatchId, status, errorMessage, errorCode, startedAt, endedAt, usage, costUsd } = dispatch;
  const took = startedAt && endedAt ? ` after ${formatDuration(Date.parse(endedAt) - Date.parse(startedAt))}` : '';
  const tokens = tokensOf(usage);
  const used = tokens === 0 ? '' : `; ${tokens} tokens${costUsd === null ? '' : `, ${costUsd.toFixed(4)} $`}`;
  const why = status === 'success' || errorMessage === null ? '' : `: ${errorMessage} (${errorCode})`;
  const next = status === 'success' ? `\ngarrison dispatch diff ${dispatchId} shows what it changed` : '';
  return `${dispatchId} ended ${status}${took}${used}${why}${next}`;
}

export function tokensOf(usage: DispatchRecord['usage']): number {
  if (usage === null) return 0;
  return usage.models.reduce((sum, one) => sum + one.inputTokens + one.cachedInputTokens + one.outputTokens, 0);
}

/** What it may use of its model. */
export function budgetOf({ budget }: Pick<DispatchRecord, 'budget'>): string {
  if (budget === null) return '-';
  const { maxTokens, maxRequests, addedTokens, addedRequests, whenSpent } = budget;
  const amounts = [
    ...(maxTokens === null ? [] : [`${maxTokens + addedTokens} tokens`]),
    ...(maxRequests === null ? [] : [`${maxRequests + addedRequests} requests`]),
  ];
  return `${amounts.join(', ')}, then ${whenSpent === 'ask' ? 'somebody is asked' : 'it ends'}`;
}

/** What the judge said, in a word. */
export function judgementOf({ judge, judgement }: Pick<DispatchRecord, 'judge' | 'judgement'>): string {
  if (judge === null) return '-';
  if (judgement === null) return 'not asked';
  const { exitCode, score } = judgement;
  const word = exitCode === 0 ? 'good' : exitCode === null ? 'took too long' : `bad (${exitCode})`;
  return score === null ? word : `${word}, ${score}`;
}

import type { ExecutionErrorCode } from '#protocol/tools/execution-error-codes.ts';
import type { CgroupFigures } from './limits/cgroup.ts';
import type { AgentVerdict } from './output/agent-reader.ts';
import type { AgentEnd } from './watch-agent.ts';

export type Judgement =
  | { readonly outcome: 'success' }
  | {
      readonly outcome: 'failed' | 'timeout' | 'cancelled' | 'interrupted';
      readonly code: ExecutionErrorCode;
      readonly message: string;
    };

export interface RunFacts {
  readonly end: AgentEnd;
  /** As the agent told it. */
  readonly verdict: AgentVerdict | undefined;
  readonly figures: CgroupFigures | undefined;
  /** What the relay saw of the provider last; undefined without a relay. */
  readonly provider?: { readonly status: number | undefined; readonly problem: string | undefined } | undefined;
  readonly budget?: string | undefined;
}

/**
 * How a run went. An exit code alone says nothing: several agents exit with 0 when a signal ends them, when the provider
 * refuses, or when nothing was done. Success is exit code 0 and the agent's own word for it.
 */
export function judge({ end, verdict, figures, provider, budget }: RunFacts): Judgement {
  if (budget !== undefined) return failure('budget_exceeded', budget);
  switch (end.kind) {
    case 'stopped':
      return ofStop(end.reason);
    case 'idle':
      return failure('agent_idle', `the agent said nothing for ${Math.round(end.afterMs / 1000)} s and was ended`);
    case 'disk':
      return failure('limit_exceeded', `the agent wrote ${end.bytes} bytes, which is more than its limit`);
    case 'ended':
      return ofProvider(provider, end.why) ?? failure('agent_failed', end.why);
    case 'exited':
      return ofExit(end.code, verdict, figures, provider);
  }
}

function ofStop(reason: Extract<AgentEnd, { kind: 'stopped' }>['reason']): Judgement {
  switch (reason.kind) {
    case 'timed_out':
      return {
        outcome: 'timeout',
        code: 'timed_out',
        message: `it ran longer than ${reason.afterMs} ms and was ended`,
      };
    case 'cancelled': {
      const message = reason.reason === '' ? 'it was cancelled' : `it was cancelled: ${reason.reason}`;
      return { outcome: 'cancelled', code: 'cancelled', message };
    }
    case 'daemon_stopped':
      return { outcome: 'interrupted', code: 'daemon_stopped', message: 'the daemon was stopped while it ran' };
  }
}

function ofExit(
  code: number,
  verdict: AgentVerdict | undefined,
  figures: CgroupFigures | undefined,
  provider: RunFacts['provider'],
): Judgement {
  if (code === 0 && verdict?.kind === 'success') return { outcome: 'success' };
  if (figures?.ranOutOfMemory === true) return failure('limit_exceeded', 'the agent exceeded its memory limit');
  const told = verdict?.kind === 'error' ? verdict : undefined;
  const status = told?.status ?? provider?.status;
  const byProvider = ofProvider({ status, problem: provider?.problem }, told?.message ?? '');
  if (byProvider !== undefined) return byProvider;
  if (told !== undefined) return failure('agent_failed', told.message);
  if (figures?.ranOutOfProcesses === true && code !== 0)
    return failure('limit_exceeded', `the agent exceeded its limit of processes and ended with code ${code}`);
  if (code === 0) return failure('agent_failed', 'the agent exited with 0, but did not say that it was done');
  return failure('agent_failed', `the agent exited with code ${code}`);
}

function ofProvider(provider: RunFacts['provider'], said: string): Judgement | undefined {
  const { status, problem } = provider ?? {};
  const code = status === undefined ? undefined : codeOfStatus(status);
  if (code !== undefined)
    return failure(code, `the provider of the model answered ${status}${said === '' ? '' : `: ${said}`}`);
  return problem === undefined ? undefined : failure('provider_unavailable', problem);
}

function codeOfStatus(status: number): ExecutionErrorCode | undefined {
  if (status === 401 || status === 403) return 'provider_unauthorized';
  if (status === 429) return 'provider_rate_limited';
  return status >= 500 ? 'provider_unavailable' : undefined;
}

function failure(code: ExecutionErrorCode, message: string): Judgement {
  return { outcome: 'failed', code, message };
}

import type { Static } from 'typebox';
import type { TokenBudget as CoreBudget, ApprovalPolicy as CorePolicy } from '#core/kernel/token-policy.ts';
import type { ApprovalPolicy, Budget } from './wire/token-policies.ts';

type WirePolicy = Static<typeof ApprovalPolicy>;
type WireBudget = Static<typeof Budget>;

export function readApprovalPolicy(policy: WirePolicy): CorePolicy {
  return {
    when: policy.when,
    overTargets: policy.over_targets ?? null,
    approver: policy.approver ?? 'self',
    needsReason: policy.reason_required ?? false,
    lifeSeconds: policy.expires_seconds ?? 3_600,
  };
}

export function writeApprovalPolicy(policy: CorePolicy): WirePolicy {
  return {
    when: policy.when,
    over_targets: policy.overTargets,
    approver: policy.approver,
    reason_required: policy.needsReason,
    expires_seconds: policy.lifeSeconds,
  };
}

export function readBudget(budget: WireBudget): CoreBudget {
  const { targets_per_run, runs_per_hour, calls_per_minute } = budget;
  return {
    ...(targets_per_run !== undefined && { targetsPerRun: targets_per_run }),
    ...(runs_per_hour !== undefined && { runsPerHour: runs_per_hour }),
    ...(calls_per_minute !== undefined && { callsPerMinute: calls_per_minute }),
  };
}

export function writeBudget({ targetsPerRun, runsPerHour, callsPerMinute }: CoreBudget): WireBudget {
  return {
    ...(targetsPerRun !== undefined && { targets_per_run: targetsPerRun }),
    ...(runsPerHour !== undefined && { runs_per_hour: runsPerHour }),
    ...(callsPerMinute !== undefined && { calls_per_minute: callsPerMinute }),
  };
}

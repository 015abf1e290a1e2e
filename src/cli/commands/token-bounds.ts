import { Option } from 'commander';
import type { ApprovalPolicy, KeyFields } from '#client/native/native-client.ts';
import { usageError } from '../cli-error.ts';
import { option } from '../command-spec.ts';
import { readSeconds } from '../parse/read-duration.ts';
import { wholeNumber } from '../parse/read-number.ts';

export interface ApprovalOptions {
  readonly approval?: ApprovalPolicy['when'];
  readonly approvalOver?: number;
  readonly approver?: ApprovalPolicy['approver'];
  readonly approvalReason?: boolean;
  readonly approvalExpires?: number;
}

export interface BudgetOptions {
  readonly maxTargets?: number;
  readonly maxRunsPerHour?: number;
  readonly maxCallsPerMinute?: number;
}

export function approvalOptions(): Option[] {
  return [
    new Option('--approval <when>', 'what has to be approved first').choices(['never', 'destructive', 'always']),
    option('--approval-over <n>', 'orders to more nodes than this too', wholeNumber(0)),
    new Option('--approver <who>', 'other: another person than the one who asks (default: self)').choices([
      'self',
      'other',
    ]),
    option('--approval-reason', 'whoever decides has to say why'),
    option('--approval-expires <time>', 'nobody decides later than this (default: 1h)', readSeconds),
  ];
}

export function budgetOptions(): Option[] {
  return [
    option('--max-targets <n>', 'nodes of one run', wholeNumber(1)),
    option('--max-runs-per-hour <n>', 'runs, commands, updates and dispatches', wholeNumber(1)),
    option('--max-calls-per-minute <n>', 'calls of the API', wholeNumber(1)),
  ];
}

export function readApprovalFields(options: ApprovalOptions): ApprovalPolicy | undefined {
  const { approval, approvalOver, approver = 'self', approvalReason = false, approvalExpires = 3_600 } = options;
  if (approval === undefined && approvalOver === undefined) {
    if (Object.values(options).some((said) => said !== undefined))
      throw usageError('say what has to be approved: --approval or --approval-over');
    return undefined;
  }
  return {
    when: approval ?? 'never',
    ...(approvalOver !== undefined && { over_targets: approvalOver }),
    approver,
    reason_required: approvalReason,
    expires_seconds: approvalExpires,
  };
}

export function readBudgetFields(options: BudgetOptions): KeyFields['budget'] {
  const { maxTargets, maxRunsPerHour, maxCallsPerMinute } = options;
  const budget = {
    ...(maxTargets !== undefined && { targets_per_run: maxTargets }),
    ...(maxRunsPerHour !== undefined && { runs_per_hour: maxRunsPerHour }),
    ...(maxCallsPerMinute !== undefined && { calls_per_minute: maxCallsPerMinute }),
  };
  return Object.keys(budget).length === 0 ? undefined : budget;
}

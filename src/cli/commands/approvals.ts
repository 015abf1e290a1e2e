import type { Approval } from '#client/edge-fleet/wire.ts';
import type { ApprovalPolicy } from '#client/native/native-client.ts';
import { collect } from '#client/walk-pages.ts';
import { usageError } from '../cli-error.ts';
import { argument, type CommandSpec, option } from '../command-spec.ts';
import { factsView, sentenceView, tableView } from '../output/print-view.ts';
import { type ApprovalOptions, approvalOptions, readApprovalFields } from './token-bounds.ts';

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List what waits for approval.',
  options: [option('--all', 'what was decided, too')],
  examples: [['garrison approvals ls', 'what somebody has to decide about']],
  run: async (invocation) => {
    const { all = false } = invocation.opts<{ all?: boolean }>();
    const found = await collect((await invocation.edgeFleet()).approvals(all ? undefined : 'waiting'));
    await invocation.print(
      tableView(
        found,
        [
          { header: 'ID', value: (one) => one.id },
          { header: 'KIND', value: (one) => one.kind },
          { header: 'WHAT', value: (one) => one.what, isFlexible: true },
          { header: 'NODES', value: (one) => String(one.target_count) },
          { header: 'ASKED BY', value: (one) => one.asked_by.name },
          { header: 'ASKED', value: (one) => invocation.ago(one.asked_at) },
          { header: 'STATE', value: (one) => one.state },
          { header: 'ENDS', value: (one) => invocation.ago(one.expires_at) },
        ],
        'Nothing waits for approval.',
      ),
    );
  },
};

const show: CommandSpec = {
  name: 'show',
  description: 'Show what somebody asks approval for: what would be run, where, and who asked.',
  arguments: [argument('<id>', 'id of the approval')],
  examples: [['garrison approvals show 0199a3f4-…', 'before deciding about it']],
  run: async (invocation, id: string) => {
    const one = await (await invocation.edgeFleet()).approval(id);
    await invocation.print(factsView(one, factsOf(one)));
  },
};

function factsOf(one: Approval): [string, string][] {
  const { summary, decided_by } = one;
  return [
    ['approval', one.id],
    ['what', one.what],
    ...(typeof summary.command === 'string' ? ([['command', summary.command]] as [string, string][]) : []),
    ['on', `${one.target_count} nodes: ${one.targets.join(' ')}`],
    ['asked by', `${one.asked_by.name} (${one.asked_by.id})`],
    ['state', one.state],
    ['who may approve', one.approver === 'other' ? 'another person' : 'anybody with the scope'],
    ...(decided_by === null ? [] : ([['decided by', `${decided_by.name} (${decided_by.id})`]] as [string, string][])),
    ...(one.reason === null ? [] : ([['reason', one.reason]] as [string, string][])),
    ['ends', one.expires_at],
  ];
}

function decision(name: 'approve' | 'deny', description: string, example: string): CommandSpec {
  return {
    name,
    description,
    arguments: [argument('<id>', 'id of the approval')],
    options: [option('--reason <text>', 'why; some policies want it')],
    examples: [[`garrison approvals ${name} 0199a3f4-… --reason 'change 4711'`, example]],
    run: async (invocation, id: string) => {
      const { reason } = invocation.opts<{ reason?: string }>();
      const decided = await (await invocation.edgeFleet()).decide(id, name, reason);
      await invocation.print(sentenceView(decided, `${decided.state}: ${decided.what}`));
    },
  };
}

const policy: CommandSpec = {
  name: 'policy',
  description:
    'Show what everybody of an organisation has to have approved, or set it. Setting takes the master key; tokens may have stricter policies of their own.',
  arguments: [argument('<org>', 'id of the organisation')],
  options: [...approvalOptions(), option('--none', 'nothing has to be approved any more')],
  examples: [
    ['garrison approvals policy 0199a3f4-… --approval destructive --approver other', 'changes take two people'],
    ['garrison approvals policy 0199a3f4-… --approval-over 50 --approver self', 'a second look at large orders'],
  ],
  run: async (invocation, org: string) => {
    const { none = false, ...options } = invocation.opts<ApprovalOptions & { none?: boolean }>();
    const wanted = readApprovalFields(options);
    if (none && wanted !== undefined) throw usageError('--none stands alone');
    const native = await invocation.native();
    const isSet = none || wanted !== undefined;
    const now = isSet ? await native.setApprovalPolicy(org, wanted ?? null) : await native.approvalPolicy(org);
    await invocation.print(sentenceView(now, describe(now)));
  },
};

function describe(policy: ApprovalPolicy | null): string {
  if (policy === null) return 'nothing has to be approved';
  const over = policy.over_targets == null ? '' : `, and over ${policy.over_targets} nodes`;
  const reason = policy.reason_required ? ', with a reason' : '';
  return `approved by ${policy.approver === 'other' ? 'another person' : 'anybody with the scope'}: ${policy.when}${over}${reason}, within ${policy.expires_seconds} s`;
}

export const command: CommandSpec = {
  name: 'approvals',
  description: 'What somebody has to consent to before it starts.',
  examples: [
    ['garrison approvals ls', 'what waits'],
    ['garrison approvals approve 0199a3f4-…', 'let it start'],
  ],
  commands: [
    list,
    show,
    decision('approve', 'Approve what waits: it starts, if it still means the same machines.', 'it starts'),
    decision('deny', 'Deny what waits: it ends without having started.', 'it does not start'),
    policy,
  ],
};

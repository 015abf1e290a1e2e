import type { ApprovalId } from '#core/approvals/approval.ts';
import { decideApproval } from '#core/approvals/decide-approval.ts';
import { getApproval, listApprovals } from '#core/approvals/read-approvals.ts';
import { factsOf } from '#core/approvals/tell-approval.ts';
import type { Context } from '#core/kernel/context.ts';
import { notFound } from '#core/kernel/fleet-error.ts';
import { parseId } from '#core/kernel/ids.ts';
import { callers } from '../auth.ts';
import { defineOperation, type EdgeFleetDeps } from '../deps.ts';
import { writeApproval } from '../mapping/approvals.ts';
import { Approval, ApprovalListQuery, ApprovalPage, ApprovalPath, DecisionRequest } from '../wire/approvals.ts';
import { DEFAULT_LIMIT } from '../wire/pages.ts';

const shared = { tags: ['Approvals'], isExtension: true, principals: callers } as const;
const DECIDE = 'garrison.approvals.decide';
const READ = [DECIDE, 'garrison.fleet.read'] as const;

interface Decided {
  readonly params: { readonly approval_id: string };
  readonly body: { readonly reason?: string | null };
}

async function decide(ctx: Context, deps: EdgeFleetDeps, { params, body }: Decided, isApproved: boolean) {
  const id = readApprovalId(params.approval_id);
  const decided = await decideApproval(ctx, deps, { id, isApproved, reason: body.reason ?? null });
  return { status: 200, body: writeApproval(decided), audit: { object: id, facts: { ...factsOf(decided) } } };
}

/** What waits for somebody's consent. Who asked and who decided are both in the audit log. */
export const approvalOperations = [
  defineOperation({
    ...shared,
    method: 'GET',
    path: '/v1/approvals',
    operationId: 'listApprovals',
    summary: 'List what waits for approval, and what was decided',
    scope: READ,
    query: ApprovalListQuery,
    responses: { 200: { description: 'One page, newest first.', schema: ApprovalPage } },
    errors: [],
    async handler(ctx, deps, { query: { limit = DEFAULT_LIMIT, cursor, state } }) {
      const page = await listApprovals(ctx, deps, { limit, cursor, state });
      return { status: 200, body: { items: page.items.map(writeApproval), next_cursor: page.nextCursor } };
    },
  }),

  defineOperation({
    ...shared,
    method: 'GET',
    path: '/v1/approvals/{approval_id}',
    operationId: 'getApproval',
    summary: 'Read what somebody asks approval for',
    scope: READ,
    params: ApprovalPath,
    responses: { 200: { description: 'What was asked, and what was decided.', schema: Approval } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      return { status: 200, body: writeApproval(await getApproval(ctx, deps, readApprovalId(params.approval_id))) };
    },
  }),

  defineOperation({
    ...shared,
    method: 'POST',
    path: '/v1/approvals/{approval_id}/approve',
    operationId: 'approve',
    summary: 'Approve what waits',
    description:
      'A run is started if it still means the same machines (409 names who came and went), a dispatch is queued, and what was refused may be repeated for fifteen minutes. Where another person has to approve, nobody approves what they asked for, with whichever of their tokens.',
    scope: DECIDE,
    auditAction: 'approval.approve',
    params: ApprovalPath,
    body: DecisionRequest,
    responses: { 200: { description: 'Approved.', schema: Approval } },
    errors: ['not_found', 'conflict', 'forbidden', 'invalid'],
    handler: (ctx, deps, input) => decide(ctx, deps, input, true),
  }),

  defineOperation({
    ...shared,
    method: 'POST',
    path: '/v1/approvals/{approval_id}/deny',
    operationId: 'deny',
    summary: 'Deny what waits',
    description: 'What is held is cancelled without having started.',
    scope: DECIDE,
    auditAction: 'approval.deny',
    params: ApprovalPath,
    body: DecisionRequest,
    responses: { 200: { description: 'Denied.', schema: Approval } },
    errors: ['not_found', 'conflict', 'invalid'],
    handler: (ctx, deps, input) => decide(ctx, deps, input, false),
  }),
];

function readApprovalId(text: string): ApprovalId {
  const id = parseId<ApprovalId>(text);
  if (id === undefined) throw notFound('approval');
  return id;
}

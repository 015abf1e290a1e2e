import type { Context } from '../kernel/context.ts';
import type { TenantId } from '../kernel/ids.ts';
import { type CursorPage, encodeCursor, type Position } from '../kernel/page.ts';
import { emptySql, type Queryable, rawSql, sql } from '../kernel/sql.ts';
import type { ApprovalPolicy } from '../kernel/token-policy.ts';
import type { Approval, ApprovalId, ApprovalKind, ApprovalState, ApprovalSummary } from './approval.ts';

interface ApprovalRow {
  id: ApprovalId;
  tenant_id: TenantId;
  kind: ApprovalKind;
  about: string;
  state: ApprovalState;
  approver: 'self' | 'other';
  needs_reason: boolean;
  summary: ApprovalSummary;
  asked_by: string;
  asker: string;
  person: string;
  asked_at: Date;
  expires_at: Date;
  decided_at: Date | null;
  decided_by: string | null;
  decider: string | null;
  reason: string | null;
}

const COLUMNS =
  rawSql(`id, tenant_id, kind, about, state, approver, needs_reason, summary, asked_by, asker, person, asked_at,
  expires_at, decided_at, decided_by, decider, reason`);

/** What the tenant demands of everybody. */
export async function readTenantPolicy(db: Queryable, tenantId: TenantId): Promise<ApprovalPolicy | undefined> {
  const [row] = await db.query<{ approval_policy: ApprovalPolicy | null }>(
    sql`select approval_policy from tenants where id = ${tenantId}`,
  );
  return row?.approval_policy ?? undefined;
}

export async function writeTenantPolicy(
  db: Queryable,
  tenantId: TenantId,
  policy: ApprovalPolicy | null,
): Promise<void> {
  await db.execute(
    sql`update tenants set approval_policy = ${policy === null ? null : JSON.stringify(policy)}::jsonb where id = ${tenantId}`,
  );
}

/** @returns undefined when the same waits already. */
export async function insertApproval(tx: Queryable, one: Approval): Promise<Approval | undefined> {
  const [row] = await tx.query<ApprovalRow>(sql`
    insert into approvals (id, tenant_id, kind, about, approver, needs_reason, summary, asked_by, asker, person, asked_at, expires_at)
    values (${one.id}, ${one.tenantId}, ${one.kind}, ${one.about}, ${one.approver}, ${one.needsReason},
      ${JSON.stringify(one.summary)}, ${one.askedBy}, ${one.asker}, ${one.person}, ${one.askedAt}, ${one.expiresAt})
    on conflict (tenant_id, kind, about) where state = 'waiting' do nothing
    returning ${COLUMNS}`);
  return row && readApproval(row);
}

export async function findApproval(
  db: Queryable,
  { tenantId }: Context,
  id: ApprovalId,
): Promise<Approval | undefined> {
  const [row] = await db.query<ApprovalRow>(
    sql`select ${COLUMNS} from approvals where id = ${id} and tenant_id = ${tenantId}`,
  );
  return row && readApproval(row);
}

/** For whoever decides: nobody else does until the transaction ends. */
export async function lockApproval(
  tx: Queryable,
  { tenantId }: Context,
  id: ApprovalId,
): Promise<Approval | undefined> {
  const [row] = await tx.query<ApprovalRow>(
    sql`select ${COLUMNS} from approvals where id = ${id} and tenant_id = ${tenantId} for update`,
  );
  return row && readApproval(row);
}

/** The newest about this, that waits or was approved and is good still. */
export async function findCurrent(
  db: Queryable,
  { tenantId, clock }: Context,
  { kind, about }: Pick<Approval, 'kind' | 'about'>,
): Promise<Approval | undefined> {
  const [row] = await db.query<ApprovalRow>(sql`
    select ${COLUMNS} from approvals
    where tenant_id = ${tenantId} and kind = ${kind} and about = ${about} and state in ('waiting', 'approved')
      and expires_at > ${clock.now()}
    order by asked_at desc limit 1`);
  return row && readApproval(row);
}

export async function listApprovalRows(
  db: Queryable,
  { tenantId }: Context,
  page: { readonly state: ApprovalState | undefined; readonly after: Position | undefined; readonly limit: number },
): Promise<CursorPage<Approval>> {
  const { state, after, limit } = page;
  const rows = await db.query<ApprovalRow & { position: string }>(sql`
    select ${COLUMNS}, asked_at::text as position from approvals
    where tenant_id = ${tenantId} ${state === undefined ? emptySql : sql`and state = ${state}`}
      ${after === undefined ? emptySql : sql`and (asked_at, id) < (${after.value}::timestamptz, ${after.id}::uuid)`}
    order by asked_at desc, id desc limit ${limit + 1}`);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    items: rows.slice(0, limit).map(readApproval),
    nextCursor: last === undefined ? null : encodeCursor({ value: last.position, id: last.id }),
  };
}

export async function writeDecision(
  tx: Queryable,
  id: ApprovalId,
  decision: Pick<Approval, 'state' | 'decidedAt' | 'decidedBy' | 'decider' | 'reason' | 'expiresAt'>,
): Promise<void> {
  await tx.execute(sql`
    update approvals set state = ${decision.state}, decided_at = ${decision.decidedAt}, decided_by = ${decision.decidedBy},
      decider = ${decision.decider}, reason = ${decision.reason}, expires_at = ${decision.expiresAt}
    where id = ${id}`);
}

/** Finds, in every tenant, the approvals that nobody has decided in time, and locks them. */
export async function lockOverdue(tx: Queryable, limit: number): Promise<Approval[]> {
  const rows = await tx.query<ApprovalRow>(sql`
    select ${COLUMNS} from approvals where state = 'waiting' and expires_at <= clock_timestamp()
    order by expires_at limit ${limit} for update skip locked`);
  return rows.map(readApproval);
}

/** Denied or ended, and what was held is held still: whoever decided died in between. */
export async function findUndropped(db: Queryable, limit: number): Promise<Approval[]> {
  const rows = await db.query<ApprovalRow>(sql`
    select ${COLUMNS} from approvals
    where id in (
      select approval_id from runs where approval_id is not null and is_held and state = 'running' and cancel_requested_at is null
      union all select approval_id from dispatches where approval_id is not null and is_held and status = 'pending'
      union all select budget_approval_id from dispatches
        where budget_approval_id is not null and parked_at is not null and status = 'running')
      and state in ('denied', 'expired') limit ${limit}`);
  return rows.map(readApproval);
}

/** What waited was cancelled meanwhile: nobody has to decide about it. */
export async function withdrawApprovals(db: Queryable): Promise<void> {
  await db.execute(sql`
    update approvals set state = 'withdrawn' where state = 'waiting' and (
      exists (select from runs where approval_id = approvals.id and (state = 'finished' or cancel_requested_at is not null))
      or exists (select from dispatches where approval_id = approvals.id and status <> 'pending')
      or exists (select from dispatches
        where budget_approval_id = approvals.id and (parked_at is null or status <> 'running')))`);
}

function readApproval(row: ApprovalRow): Approval {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    kind: row.kind,
    about: row.about,
    state: row.state,
    approver: row.approver,
    needsReason: row.needs_reason,
    lifeSeconds: Math.max(0, Math.round((row.expires_at.getTime() - row.asked_at.getTime()) / 1_000)),
    summary: row.summary,
    askedBy: row.asked_by,
    asker: row.asker,
    person: row.person,
    askedAt: row.asked_at,
    expiresAt: row.expires_at,
    decidedAt: row.decided_at,
    decidedBy: row.decided_by,
    decider: row.decider,
    reason: row.reason,
  };
}

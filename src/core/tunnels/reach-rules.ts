import { type CreatedKey, createKey, type KeyRequest } from '../access/create-key.ts';
import { type Context, type Principal, personOf } from '../kernel/context.ts';
import { FleetError, notFound } from '../kernel/fleet-error.ts';
import type { Database, Queryable } from '../kernel/sql.ts';
import type { ReachRule } from './reach-rule.ts';
import {
  type Bound,
  copyRule,
  countRules,
  deleteRule,
  findRules,
  listTenantRules,
  putRule,
} from './reach-rule-store.ts';

/** All of them are listed, and looked at, at once. */
const MOST_RULES = 1_000;

/** Takes the place of the one before. @throws FleetError `forbidden`, `conflict` */
export function setReachRule(
  ctx: Context,
  { db }: { readonly db: Database },
  rule: Pick<ReachRule, 'subject' | 'allow'>,
): Promise<ReachRule> {
  return db.transaction(async (tx) => {
    await requireUnbound(ctx, tx);
    const set = await putRule(tx, ctx.tenantId, rule);
    if ((await countRules(tx, ctx.tenantId)) > MOST_RULES)
      throw new FleetError('conflict', `a tenant has at most ${MOST_RULES} reach rules; remove one first`);
    return set;
  });
}

/** From then on its scopes alone say what it may reach. @throws FleetError `forbidden`, `not_found` */
export async function removeReachRule(ctx: Context, { db }: { readonly db: Database }, subject: string): Promise<void> {
  await db.transaction(async (tx) => {
    await requireUnbound(ctx, tx);
    if (!(await deleteRule(tx, ctx.tenantId, subject))) throw notFound('reach rule');
  });
}

export function listReachRules(ctx: Context, { db }: { readonly db: Queryable }): Promise<ReachRule[]> {
  return listTenantRules(db, ctx.tenantId);
}

/** No token makes one that reaches more than itself: the rule of whoever makes it holds for it too. */
export async function createBoundKey(
  ctx: Context,
  { db }: { readonly db: Database },
  request: KeyRequest,
): Promise<CreatedKey> {
  return db.transaction(async (tx) => {
    const created = await createKey(ctx, { db: tx }, request);
    await copyRule(tx, ctx.tenantId, { from: ctx.principal.subject, to: created.key.id });
    return created;
  });
}

/** Whom a rule would be for that binds this caller: itself, and whoever stands behind it. */
export function boundBy(principal: Principal, tenantId = principal.tenantId): readonly Bound[] {
  return [...new Set([principal.subject, personOf(principal)])].map((subject) => ({ tenantId, subject }));
}

/** Whoever is bound does not loosen it. */
async function requireUnbound({ principal, tenantId }: Context, tx: Queryable): Promise<void> {
  if (principal.isMaster) return;
  const [own] = await findRules(tx, boundBy(principal, tenantId));
  if (own !== undefined)
    throw new FleetError('forbidden', `there is a reach rule for ${own.subject}, so you cannot write or remove any`);
}

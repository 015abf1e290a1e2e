import type { Clock } from '../kernel/clock.ts';
import type { Context, Principal } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import type { NodeId } from '../kernel/ids.ts';
import { type Queryable, type Sql, sql } from '../kernel/sql.ts';
import { selectorOf } from '../selectors/resolve-target.ts';
import { selectorCondition } from '../selectors/selector-condition.ts';
import type { Target } from '../selectors/target.ts';
import { allowsPurpose, type ReachAllowance, type ReachRule } from './reach-rule.ts';
import { type Bound, findRules } from './reach-rule-store.ts';
import { boundBy } from './reach-rules.ts';
import type { TunnelPurpose } from './tunnel.ts';

/** What somebody reaches, or is about to. */
export interface Reach {
  readonly principal: Principal;
  readonly nodeId: NodeId;
  readonly purpose: TunnelPurpose;
}

/** Those that a rule of their caller, or of the person behind it, does not allow at this moment. */
export async function beyondRules<Of extends Reach>(
  db: Queryable,
  clock: Clock,
  reaches: readonly Of[],
): Promise<ReadonlySet<Of>> {
  const beyond = new Set<Of>();
  const rules = await findRules(db, boundByAny(reaches));
  for (const rule of rules) {
    const bound = reaches.filter(({ principal }) => binds(rule, principal));
    const principal = bound[0]?.principal;
    const allowed = principal && (await allowedBy(db, contextOf(principal, clock), rule, bound));
    for (const one of bound) if (!allowed?.has(one)) beyond.add(one);
  }
  return beyond;
}

/** Each once, however much they reach. */
function boundByAny(reaches: readonly Reach[]): readonly Bound[] {
  const bound = reaches.flatMap(({ principal }) => boundBy(principal));
  return [...new Map(bound.map((one) => [`${one.tenantId} ${one.subject}`, one])).values()];
}

function binds(rule: Bound, principal: Principal): boolean {
  return boundBy(principal).some(({ tenantId, subject }) => tenantId === rule.tenantId && subject === rule.subject);
}

async function allowedBy<Of extends Reach>(
  db: Queryable,
  ctx: Context,
  { allow }: ReachRule,
  reaches: readonly Of[],
): Promise<ReadonlySet<Of>> {
  const allowed = new Set<Of>();
  for (const allowance of allow) {
    const open = reaches.filter((one) => !allowed.has(one) && allowsPurpose(allowance, one.purpose));
    const meant = await nodesMeant(db, ctx, allowance, new Set(open.map(({ nodeId }) => nodeId)));
    for (const one of open) if (meant.has(one.nodeId)) allowed.add(one);
  }
  return allowed;
}

/** Those of the nodes that it means. A group that has gone means nobody. */
async function nodesMeant(
  db: Queryable,
  ctx: Context,
  { nodes }: ReachAllowance,
  ids: ReadonlySet<NodeId>,
): Promise<ReadonlySet<NodeId>> {
  if (ids.size === 0) return ids;
  const condition = await conditionOf(db, ctx, nodes);
  if (condition === undefined) return new Set();
  const found = await db.query<{ id: NodeId }>(sql`
    select nodes.id from nodes
    where nodes.tenant_id = ${ctx.tenantId} and nodes.id = any (${[...ids]}::uuid[]) and ${condition}`);
  return new Set(found.map(({ id }) => id));
}

async function conditionOf(db: Queryable, ctx: Context, target: Target): Promise<Sql | undefined> {
  try {
    return await selectorCondition(db, ctx, selectorOf(target));
  } catch (error) {
    if (error instanceof FleetError && error.code === 'not_found') return undefined;
    throw error;
  }
}

function contextOf(principal: Principal, clock: Clock): Context {
  return { principal, tenantId: principal.tenantId, requestId: '', signal: new AbortController().signal, clock };
}

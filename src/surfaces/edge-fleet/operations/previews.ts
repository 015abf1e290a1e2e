import type { Context } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { previewRun } from '#core/previews/preview-run.ts';
import { startPinned } from '#core/previews/start-pinned.ts';
import { orderFacts } from '#core/runs/order-facts.ts';
import { refuseUnknown } from '#core/selectors/refuse-unknown.ts';
import { callers } from '../auth.ts';
import { defineOperation, type EdgeFleetDeps } from '../deps.ts';
import { writeRunId } from '../ids.ts';
import { readOrder, writeOrderPreview, writeTargetChanged } from '../mapping/previews.ts';
import { readOn } from '../on-target.ts';
import type { WireTarget } from '../wire/fleet.ts';
import {
  OrderPreview,
  OrderRequest,
  PinnedRun,
  PinnedStartRequest,
  TargetChanged,
  type WireOrder,
} from '../wire/previews.ts';

const shared = { tags: ['Fleet'], isExtension: true, principals: callers } as const;

const previewOrder = defineOperation({
  ...shared,
  method: 'POST',
  path: '/v1/previews',
  operationId: 'previewOrder',
  summary: 'See what an order would do, and get a pin to give exactly it',
  description:
    'Nothing is started. The answer says who would run, who would not and why, what went wrong there last and what else is running there. With the pin the caller, and nobody else, can give this order once within ten minutes.',
  scope: 'aegis.edge.fleet.manage',
  auditAction: 'fleet.preview',
  body: OrderRequest,
  responses: { 200: { description: 'What it would do now.', schema: OrderPreview } },
  errors: ['not_found', 'invalid'],
  async handler(ctx, deps, { body }) {
    const planned = await planOrder(ctx, deps, body);
    const preview = await previewRun(ctx, deps, planned);
    return {
      status: 200,
      body: writeOrderPreview(preview, planned.writtenTarget),
      audit: { facts: { tool: planned.tool, targets: preview.targets.length } },
    };
  },
});

async function planOrder(ctx: Context, deps: EdgeFleetDeps, order: WireOrder) {
  const { on, targeting, ...deed } = order;
  const planned = readOrder(deps.tools, await readWhere(ctx, deps, order), deed);
  await refuseUnknown(deps.db, ctx, planned.target);
  return planned;
}

async function readWhere(
  ctx: Context,
  { db }: EdgeFleetDeps,
  { on, targeting }: Pick<WireOrder, 'on' | 'targeting'>,
): Promise<WireTarget> {
  if (on !== undefined && targeting === undefined) return typeof on === 'string' ? readOn(db, ctx, on) : on;
  if (targeting !== undefined && on === undefined) return { Targeting: targeting };
  throw new FleetError('invalid', 'give the target in one way: on, or targeting');
}

const startWithPin = defineOperation({
  ...shared,
  method: 'POST',
  path: '/v1/runs',
  operationId: 'startWithPin',
  summary: 'Give the order that was previewed',
  description:
    'The target is resolved again. The same hosts: the run is started, once, whoever comes again gets the same run. Others: nothing is started, and the answer (409, `target_changed`) says who came and who went, with a new pin. The events of the run are read at `/v1/edge/fleet/runs/{fleet_command_id}/events`.',
  scope: 'aegis.edge.fleet.manage',
  auditAction: 'fleet.invoke',
  body: PinnedStartRequest,
  responses: {
    201: { description: 'The run.', schema: PinnedRun },
    409: { description: 'The target has changed, or the pin has ended.', schema: TargetChanged },
  },
  errors: ['not_found', 'invalid', 'conflict', 'rate_limited'],
  isIdempotent: true,
  async handler(ctx, deps, { body }) {
    const started = await startPinned(ctx, deps, body.pin);
    if (started.kind === 'target_changed')
      return {
        status: 409,
        contentType: 'application/problem+json',
        body: writeTargetChanged(ctx, started),
        audit: { facts: { refused: 'target_changed' } },
      };
    const { run, isRepeated } = started;
    return {
      status: 201,
      body: {
        fleet_command_id: writeRunId(run.id),
        target_count: run.targetCount,
        approval: run.isHeld ? run.approvalId : null,
        is_repeated: isRepeated,
      },
      audit: { object: run.id, facts: { ...orderFacts(run), targets: run.targetCount, pinned: true } },
    };
  },
});

export const previewOperations = [previewOrder, startWithPin];

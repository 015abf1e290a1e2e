import { FleetError } from '#core/kernel/fleet-error.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { orderFacts } from '#core/runs/order-facts.ts';
import { startRun } from '#core/runs/start-run.ts';
import { resolveTarget } from '#core/selectors/resolve-target.ts';
import { callers } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { findFleetRun } from '../find-fleet-run.ts';
import { writeRunId } from '../ids.ts';
import { readPolicy } from '../mapping/policies.ts';
import { normalizeTarget, readTarget, writePreview } from '../mapping/targets.ts';
import { streamRun } from '../stream-run.ts';
import { CancelResult, InvokeRequest, Preview, PreviewRequest, type WireTarget } from '../wire/fleet.ts';
import { RunPath } from '../wire/runs.ts';

const previewFleet = defineOperation({
  method: 'POST',
  path: '/v1/edge/fleet/preview',
  operationId: 'previewFleet',
  summary: 'Resolve a target without running anything',
  tags: ['Fleet'],
  principals: callers,
  scope: 'aegis.edge.fleet.read',
  body: PreviewRequest,
  responses: { 200: { description: 'Who would run, and who would not and why.', schema: Preview } },
  errors: ['not_found'],
  async handler(ctx, deps, { body }) {
    const resolution = await resolveTarget(deps.db, ctx, readTarget(body.target), { offline: 'skip' });
    if (resolution.missing.length > 0) throw new FleetError('not_found', 'host not found');
    return { status: 200, body: writePreview(resolution) };
  },
});

const invokeFleet = defineOperation({
  method: 'POST',
  path: '/v1/edge/fleet/invoke',
  operationId: 'invokeFleet',
  summary: 'Run a tool on a target',
  description:
    'Answers with a stream of server-sent events, the first of which is `fleet_started` and the last `fleet_result`. A host that cannot be run on and a floor that is not met are reported as `error` events. A client that goes away does not stop the run.',
  tags: ['Fleet'],
  principals: callers,
  scope: 'aegis.edge.fleet.manage',
  auditAction: 'fleet.invoke',
  body: InvokeRequest,
  responses: {
    200: {
      description: 'The events of the run.',
      contentType: 'text/event-stream',
      headers: { 'X-Fleet-Command-Id': 'Id of the run, known before the first event.' },
    },
  },
  errors: ['not_found', 'invalid', 'rate_limited'],
  async handler(ctx, deps, { body }) {
    const { tool, args = {}, policy = {} } = body;
    const target = normalizeTarget(body.target);
    const asked = readPolicy(policy, deps.tools.isReadOnly(tool));
    const { run } = await startRun(ctx, deps, {
      kind: 'fleet',
      tool,
      args,
      target: readTarget(target),
      policy: { ...asked, minTargets: floorFor(target, asked.minTargets) },
      writtenTarget: target,
    });
    return {
      status: 200,
      headers: { 'x-fleet-command-id': writeRunId(run.id) },
      audit: { object: run.id, facts: { ...orderFacts(run), targets: run.targetCount } },
      stream: (events) => streamRun(deps, { run, after: null }, events),
    };
  },
});

/** A host that is named has to be there: without it there is nothing to do, and the caller is told (`EdgeUnavailable`). */
function floorFor(target: WireTarget, asked: number | null): number | null {
  return 'Node' in target ? Math.max(asked ?? 1, 1) : asked;
}

const cancelFleet = defineOperation({
  method: 'POST',
  path: '/v1/edge/fleet/{fleet_command_id}/cancel',
  operationId: 'cancelFleet',
  summary: 'Cancel every command of a run that is in flight',
  description: 'Ends the processes on their hosts. For a run that is over the answer is 200 with `cancelled` 0.',
  tags: ['Fleet'],
  principals: callers,
  scope: 'aegis.edge.fleet.manage',
  auditAction: 'fleet.cancel',
  params: RunPath,
  responses: { 200: { description: 'How many were cancelled and how many had ended.', schema: CancelResult } },
  errors: ['not_found'],
  async handler(ctx, deps, { params }) {
    const run = await findFleetRun(deps.db, ctx, params.fleet_command_id);
    const { id } = run;
    const { cancelled, alreadyTerminal } = await cancelRun(ctx, deps, id);
    const body = { fleet_command_id: writeRunId(id), cancelled, already_terminal: alreadyTerminal };
    return { status: 200, body, audit: { facts: { ...orderFacts(run) } } };
  },
});

export const fleetOperations = [previewFleet, invokeFleet, cancelFleet];

import type { Context } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { orderFacts } from '#core/runs/order-facts.ts';
import { failedTargets, rerun } from '#core/runs/rerun.ts';
import type { Run } from '#core/runs/run.ts';
import { startRun } from '#core/runs/start-run.ts';
import { refuseUnknown } from '#core/selectors/refuse-unknown.ts';
import { resolveTarget } from '#core/selectors/resolve-target.ts';
import type { Target } from '#core/selectors/target.ts';
import { callers } from '../auth.ts';
import { defineOperation, type EdgeFleetDeps } from '../deps.ts';
import { findFleetRun } from '../find-fleet-run.ts';
import { writeNodeId, writeRunId } from '../ids.ts';
import { readPolicy } from '../mapping/policies.ts';
import { readPart } from '../mapping/runs.ts';
import { floorFor, normalizeTarget, readTarget, writePreview } from '../mapping/targets.ts';
import { streamRun } from '../stream-run.ts';
import { CancelResult, InvokeRequest, Preview, PreviewRequest, RerunRequest, type WireTarget } from '../wire/fleet.ts';
import { RunPath, StreamQuery } from '../wire/runs.ts';
import { MAX_VALUES_IN_ALL } from '../wire/selectors.ts';

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
    const target = readTarget(body.target);
    await refuseUnknown(deps.db, ctx, target);
    const resolution = await resolveTarget(deps.db, ctx, target, { offline: 'skip' });
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
  query: StreamQuery,
  body: InvokeRequest,
  responses: {
    200: {
      description: 'The events of the run.',
      contentType: 'text/event-stream',
      headers: { 'X-Fleet-Command-Id': 'Id of the run, known before the first event.' },
    },
  },
  errors: ['not_found', 'invalid', 'rate_limited'],
  async handler(ctx, deps, { body, query }) {
    const { tool, args = {}, policy = {} } = body;
    const target = normalizeTarget(body.target);
    const asked = readPolicy(policy, deps.tools.isReadOnly(tool));
    const meant = readTarget(target);
    await refuseUnknown(deps.db, ctx, meant);
    const { run } = await startRun(ctx, deps, {
      kind: 'fleet',
      tool,
      args,
      target: meant,
      policy: { ...asked, minTargets: floorFor(target, asked.minTargets) },
      writtenTarget: target,
    });
    return {
      status: 200,
      headers: { 'x-fleet-command-id': writeRunId(run.id) },
      audit: { object: run.id, facts: { ...orderFacts(run), targets: run.targetCount } },
      stream: (events) => streamRun(deps, { run, after: null, part: readPart(query) }, events),
    };
  },
});

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

const rerunFleet = defineOperation({
  method: 'POST',
  path: '/v1/edge/fleet/runs/{fleet_command_id}/rerun',
  operationId: 'rerunFleet',
  summary: 'Give the order of a run once more',
  description:
    'The same tool, arguments and policy, as a run of its own; answers like invoke. With `only` it goes to exactly the hosts on which the run failed or did not start, and has no floor.',
  tags: ['Fleet'],
  isExtension: true,
  principals: callers,
  scope: 'aegis.edge.fleet.manage',
  auditAction: 'fleet.rerun',
  params: RunPath,
  query: StreamQuery,
  body: RerunRequest,
  responses: {
    200: {
      description: 'The events of the new run.',
      contentType: 'text/event-stream',
      headers: { 'X-Fleet-Command-Id': 'Id of the new run, known before the first event.' },
    },
  },
  errors: ['not_found', 'invalid', 'conflict', 'rate_limited'],
  async handler(ctx, deps, { params, query, body }) {
    const of = await findFleetRun(deps.db, ctx, params.fleet_command_id);
    const again = body.only === 'failed' ? await repeatFailed(deps, of) : await repeatAll(ctx, deps, of);
    const { run } = await rerun(ctx, deps, { of, ...again });
    const facts = { ...orderFacts(run), targets: run.targetCount, rerun_of: writeRunId(of.id) };
    return {
      status: 200,
      headers: { 'x-fleet-command-id': writeRunId(run.id) },
      audit: { object: run.id, facts },
      stream: (events) => streamRun(deps, { run, after: null, part: readPart(query) }, events),
    };
  },
});

async function repeatFailed(deps: EdgeFleetDeps, run: Run) {
  const nodeIds = await failedTargets(deps, run);
  if (nodeIds.length > MAX_VALUES_IN_ALL)
    throw new FleetError('invalid', `${nodeIds.length} hosts are more than one target can name; give the order again`);
  const target: Target = { kind: 'nodes', nodeIds };
  return { target, writtenTarget: { Hosts: nodeIds.map(writeNodeId) }, hasFloor: false };
}

async function repeatAll(ctx: Context, deps: EdgeFleetDeps, run: Run) {
  const writtenTarget = run.view.target as WireTarget; // written by `invoke`, which has read it through the schema
  const target = readTarget(writtenTarget);
  await refuseUnknown(deps.db, ctx, target);
  return { target, writtenTarget, hasFloor: true };
}

export const fleetOperations = [previewFleet, invokeFleet, rerunFleet, cancelFleet];

import type { RunId } from '#core/kernel/ids.ts';
import { orderFacts } from '#core/runs/order-facts.ts';
import { deleteUpdate } from '#core/updates/delete-update.ts';
import { getUpdate } from '#core/updates/read-updates.ts';
import { startUpdate } from '#core/updates/start-update.ts';
import { readRequestPage } from '#core/updates/store.ts';
import { callers, READ, WRITE } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { paged, pageOfItems, single, singleOf } from '../envelope.ts';
import * as lists from '../lists/grammars.ts';
import { listQuery } from '../lists/list-query.ts';
import { readListRequest } from '../lists/read-list-request.ts';
import { waitsFor } from '../mapping/approvals.ts';
import { readId } from '../mapping/ids.ts';
import { readWaves, writeSelfUpdate } from '../mapping/self-updates.ts';
import { readUpdateTargeting } from '../targeting.ts';
import { IdPath } from '../wire/paths.ts';
import { SelfUpdate, SelfUpdateCreate } from '../wire/self-updates.ts';

const tags = ['SelfUpdates.Request'];

export const selfUpdateOperations = [
  defineOperation({
    method: 'POST',
    path: '/api/v1/self_update_requests',
    operationId: 'createSelfUpdateRequest',
    summary: 'Create a new self-update request',
    description:
      'Asks the healthy nodes that are meant at this moment, and have self-update enabled, to update themselves. It is completed once each of them has accepted the order or has not.',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'self_update.create',
    isIdempotent: true,
    body: SelfUpdateCreate,
    responses: { 201: { description: 'Self-update request created', schema: singleOf(SelfUpdate) } },
    errors: ['invalid', 'rate_limited', 'degraded'],
    async handler(ctx, deps, { body }) {
      const meant = await readUpdateTargeting(ctx, deps.db, body.targeting);
      const { request, run } = await startUpdate(ctx, deps, {
        ...meant,
        version: body.version,
        waves: readWaves(body),
      });
      return {
        status: 201,
        headers: { location: `/api/v1/self_update_requests/${request.id}` },
        body: single({ ...writeSelfUpdate(request), ...waitsFor(run) }),
        audit: { object: request.id, facts: { ...orderFacts(run), targets: run.targetCount } },
      };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/self_update_requests',
    operationId: 'listSelfUpdateRequests',
    summary: 'List all self-update requests',
    tags,
    principals: callers,
    scope: READ,
    query: listQuery(lists.selfUpdates),
    responses: { 200: { description: 'A page of self-update requests', schema: pageOfItems(SelfUpdate) } },
    errors: [],
    async handler(ctx, deps, { query }) {
      const request = readListRequest(lists.selfUpdates, query);
      return { status: 200, body: paged(await readRequestPage(deps.db, ctx, request), writeSelfUpdate) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/self_update_requests/{id}',
    operationId: 'getSelfUpdateRequest',
    summary: 'Get a specific self-update request',
    tags,
    principals: callers,
    scope: READ,
    params: IdPath,
    responses: { 200: { description: 'The self-update request', schema: singleOf(SelfUpdate) } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      return { status: 200, body: single(writeSelfUpdate(await getUpdate(ctx, deps, readRequestId(params.id)))) };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/api/v1/self_update_requests/{id}',
    operationId: 'deleteSelfUpdateRequest',
    summary: 'Delete a self-update request',
    description: 'Once it is completed and the nodes that accepted it are done.',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'self_update.delete',
    params: IdPath,
    responses: { 204: { description: 'Self-update request deleted' } },
    errors: ['not_found', 'conflict'],
    async handler(ctx, deps, { params }) {
      await deleteUpdate(ctx, deps, readRequestId(params.id));
      return { status: 204 };
    },
  }),
];

function readRequestId(text: string): RunId {
  return readId<RunId>(text, 'self-update request');
}

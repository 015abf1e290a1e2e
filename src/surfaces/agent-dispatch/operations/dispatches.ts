import type { Static } from 'typebox';
import { cancelDispatch } from '#core/dispatches/cancel-dispatch.ts';
import { createDispatches, type DispatchRequest } from '#core/dispatches/create-dispatch.ts';
import type { Wishes } from '#core/dispatches/dispatch.ts';
import { followLog } from '#core/dispatches/follow-log.ts';
import { giveBudget } from '#core/dispatches/give-budget.ts';
import { getDispatch, listDispatches } from '#core/dispatches/read-dispatches.ts';
import { readLog } from '#core/dispatches/read-log.ts';
import { resumeDispatch, retryDispatch } from '#core/dispatches/repeat-dispatch.ts';
import { readTransitions } from '#core/dispatches/store.ts';
import { newId } from '#core/kernel/ids.ts';
import { callers, RATE } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { pageOfItems, single, singleOf } from '../envelope.ts';
import { writeCreated, writeCreatedAll, writeDispatch, writeLogEntry, writePage, writeTransition } from '../mapping.ts';
import {
  CancelDispatchRequest,
  CancelledDispatch,
  CreateDispatchRequest,
  CreatedDispatch,
  Dispatch,
  DispatchListQuery,
  DispatchPath,
  DispatchQuery,
  DispatchSummary,
  GiveBudgetRequest,
  LogQuery,
  ResumeDispatchRequest,
} from '../wire.ts';

/** What every operation of the contract may answer beside what it says. */
const ALWAYS = ['internal', 'unavailable'] as const;

export const dispatchOperations = [
  defineOperation({
    method: 'POST',
    path: '/dispatch',
    operationId: 'createDispatch',
    summary: 'Give a task to an agent',
    description:
      'Queues the task and answers at once. What is beyond the running dispatches of a tenant waits as `pending`, up to a bounded queue.',
    tags: ['Dispatch'],
    principals: callers,
    scope: 'dispatch',
    rateClass: RATE,
    auditAction: 'dispatch.create',
    body: CreateDispatchRequest,
    responses: { 201: { description: 'Queued.', schema: singleOf(CreatedDispatch) } },
    errors: [...ALWAYS, 'not_found'],
    isIdempotent: true,
    async handler(ctx, deps, { body }) {
      const created = await createDispatches(ctx, deps, readRequests(body));
      const { agent, repo, branch, additionalSecrets } = body;
      return {
        status: 201,
        body: single(writeCreatedAll(created)),
        audit: {
          object: created[0]?.dispatch.name ?? '',
          facts: {
            agent,
            repo,
            branch,
            secrets: additionalSecrets,
            dispatches: created.map(({ dispatch }) => dispatch.name),
          },
        },
      };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/dispatch',
    operationId: 'listDispatches',
    summary: 'List dispatches, newest first',
    tags: ['Dispatch'],
    isExtension: true,
    principals: callers,
    scope: 'status',
    rateClass: RATE,
    query: DispatchListQuery,
    responses: { 200: { description: 'A page.', schema: pageOfItems(DispatchSummary) } },
    errors: [...ALWAYS],
    async handler(ctx, deps, { query }) {
      const { cursor, limit, status, agent, repo, since, tag, attemptGroup: group } = query;
      const filter = {
        status,
        agent,
        repo,
        group,
        since: since === undefined ? undefined : new Date(since),
        tags: tag === undefined ? undefined : readTags(tag),
      };
      const page = await listDispatches(ctx, deps, { filter, cursor, limit });
      return { status: 200, body: writePage(page, limit, writeDispatch) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/dispatch/{dispatchId}',
    operationId: 'getDispatch',
    summary: 'Read status and logs',
    tags: ['Dispatch'],
    principals: callers,
    scope: 'status',
    rateClass: RATE,
    params: DispatchPath,
    query: DispatchQuery,
    responses: { 200: { description: 'Status, and logs unless skipped.', schema: singleOf(Dispatch) } },
    errors: [...ALWAYS, 'not_found'],
    async handler(ctx, deps, { params, query }) {
      const { logOffset: offset, logLimit: limit, skipLogs } = query;
      const dispatch = await getDispatch(ctx, deps, params.dispatchId);
      const log = skipLogs ? undefined : await readLog(deps.db, dispatch, { offset, limit });
      const transitions = await readTransitions(deps.db, dispatch.id);
      const body = {
        ...writeDispatch(dispatch),
        transitions: transitions.map(writeTransition),
        ...(log && { logs: log.entries.map(writeLogEntry), logOffset: log.offset }),
      };
      return { status: 200, body: single(body) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/dispatch/{dispatchId}/logs',
    operationId: 'followDispatchLogs',
    summary: 'Follow the logs as they come',
    description:
      'Server-sent events: `log` (entries), `status` (the record without logs), `end` (the record; nothing follows). The id of an event is the `logOffset` behind it; `Last-Event-ID` goes on there.',
    tags: ['Dispatch'],
    isExtension: true,
    principals: callers,
    scope: 'status',
    rateClass: RATE,
    params: DispatchPath,
    query: LogQuery,
    responses: { 200: { description: 'A stream of events.', contentType: 'text/event-stream' } },
    errors: [...ALWAYS, 'not_found'],
    async handler(ctx, deps, { params, query, request }) {
      const name = params.dispatchId;
      const dispatch = await getDispatch(ctx, deps, name);
      const last = request.headers['last-event-id'];
      const offset = typeof last === 'string' && last !== '' ? last : query.logOffset;
      await readLog(deps.db, dispatch, { offset, limit: 1 }); // refuses a bad offset while that can be said
      return {
        status: 200,
        async stream(events) {
          for await (const event of followLog(ctx, deps, { name, offset, signal: events.over })) {
            const data =
              event.kind === 'entries' ? { logs: event.entries.map(writeLogEntry) } : writeDispatch(event.dispatch);
            const isThere = await events.send({ id: event.offset, event: EVENT_NAMES[event.kind], data });
            if (!isThere) return;
          }
        },
      };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/dispatch/{dispatchId}',
    operationId: 'cancelDispatch',
    summary: 'Cancel a dispatch',
    tags: ['Dispatch'],
    principals: callers,
    scope: 'cancel',
    rateClass: RATE,
    auditAction: 'dispatch.cancel',
    params: DispatchPath,
    body: CancelDispatchRequest,
    responses: { 200: { description: 'Cancelled.', schema: singleOf(CancelledDispatch) } },
    errors: [...ALWAYS, 'not_found', 'conflict'],
    async handler(ctx, deps, { params, body }) {
      const { name } = await cancelDispatch(ctx, deps, { name: params.dispatchId, reason: body.reason });
      const data = { dispatchId: name, status: 'cancelled', message: 'Dispatch cancelled successfully' };
      return { status: 200, body: single(data), audit: { object: name, facts: { reason: body.reason } } };
    },
  }),

  defineOperation({
    method: 'POST',
    path: '/dispatch/{dispatchId}/retry',
    operationId: 'retryDispatch',
    summary: 'Give the same task again',
    description: 'A new dispatch of what this one was asked for, from the beginning, with the same secrets.',
    tags: ['Dispatch'],
    isExtension: true,
    principals: callers,
    scope: 'dispatch',
    rateClass: RATE,
    auditAction: 'dispatch.retry',
    params: DispatchPath,
    responses: { 201: { description: 'Queued.', schema: singleOf(CreatedDispatch) } },
    errors: [...ALWAYS, 'not_found'],
    isIdempotent: true,
    async handler(ctx, deps, { params }) {
      const created = await retryDispatch(ctx, deps, params.dispatchId);
      const audit = { object: created.dispatch.name, facts: { retryOf: params.dispatchId } };
      return { status: 201, body: single(writeCreated(created)), audit };
    },
  }),

  defineOperation({
    method: 'POST',
    path: '/dispatch/{dispatchId}/resume',
    operationId: 'resumeDispatch',
    summary: 'Go on where a dispatch has stopped',
    description:
      'A new dispatch in the persistent workspace as this one left it; its patch has the changes of both. 409 where the workspace was not kept, or was used since.',
    tags: ['Dispatch'],
    isExtension: true,
    principals: callers,
    scope: 'dispatch',
    rateClass: RATE,
    auditAction: 'dispatch.resume',
    params: DispatchPath,
    body: ResumeDispatchRequest,
    responses: { 201: { description: 'Queued.', schema: singleOf(CreatedDispatch) } },
    errors: [...ALWAYS, 'not_found', 'conflict'],
    isIdempotent: true,
    async handler(ctx, deps, { params, body }) {
      const created = await resumeDispatch(ctx, deps, { name: params.dispatchId, task: body.task });
      const audit = { object: created.dispatch.name, facts: { resumes: params.dispatchId } };
      return { status: 201, body: single(writeCreated(created)), audit };
    },
  }),

  defineOperation({
    method: 'POST',
    path: '/dispatch/{dispatchId}/budget',
    operationId: 'giveDispatchBudget',
    summary: 'Give more budget',
    description:
      'For a dispatch that asks once its budget is spent (`budget.whenSpent`): one that is parked goes on. 403 where a policy demands consent: then its approval gives more.',
    tags: ['Dispatch'],
    isExtension: true,
    principals: callers,
    scope: 'dispatch',
    rateClass: RATE,
    auditAction: 'dispatch.budget',
    params: DispatchPath,
    body: GiveBudgetRequest,
    responses: { 200: { description: 'As it is now.', schema: singleOf(DispatchSummary) } },
    errors: [...ALWAYS, 'not_found', 'conflict'],
    isIdempotent: true,
    async handler(ctx, deps, { params, body }) {
      const more = { tokens: body.addTokens ?? 0, requests: body.addRequests ?? 0 };
      const given = await giveBudget(ctx, deps, { name: params.dispatchId, more });
      return { status: 200, body: single(writeDispatch(given)), audit: { object: given.name, facts: more } };
    },
  }),
];

const EVENT_NAMES = { entries: 'log', status: 'status', end: 'end' } as const;

type Body = Static<typeof CreateDispatchRequest>;

/** The task itself, and once more for each further attempt. */
function readRequests(body: Body): DispatchRequest[] {
  const first = readRequest(body);
  if (body.attempts === undefined) return [first];
  const attemptGroup = newId();
  const others = body.attempts.map(({ agent = body.agent, model }) => ({
    ...first,
    agent,
    model: model ?? (agent === body.agent ? body.model : undefined),
  }));
  return [first, ...others].map((request) => ({ ...request, attemptGroup }));
}

function readRequest(body: Body): DispatchRequest {
  const {
    agent,
    model,
    task,
    repo,
    branch,
    context,
    workspaceMode,
    timeoutSeconds,
    additionalSecrets,
    tags = {},
  } = body;
  return {
    agent,
    model,
    task,
    repo,
    branch,
    context,
    workspaceMode,
    timeoutSeconds,
    secrets: additionalSecrets,
    wishes: readWishes(body),
    tags,
  };
}

function readWishes({ labels, nodeTags, network, hosts, budget, judge }: Body): Wishes {
  return {
    ...(labels && { labels }),
    ...(nodeTags && { nodeTags }),
    ...(network && { network }),
    ...(hosts && { hosts }),
    ...(budget && { budget }),
    ...(judge && { judge }),
  };
}

function readTags(tags: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    tags.map((tag) => [tag.slice(0, tag.indexOf('=')), tag.slice(tag.indexOf('=') + 1)] as const),
  );
}

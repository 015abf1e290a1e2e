import { listExecutionsOfRun } from '#core/executions/store.ts';
import { decodeCursor, encodeCursor } from '#core/kernel/page.ts';
import type { ListedRun, RunSummary } from '#core/runs/run.ts';
import { listRuns, summarizeRuns } from '#core/runs/store.ts';
import { header } from '#surfaces/http/request.ts';
import { callers } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { findFleetRun } from '../find-fleet-run.ts';
import { readNodeId, writeRunId } from '../ids.ts';
import { readPart, readRunFilter, writeRun, writeRunDetail } from '../mapping/runs.ts';
import { isLastEvent, readEventId } from '../run-events.ts';
import { streamRun } from '../stream-run.ts';
import { DEFAULT_LIMIT } from '../wire/pages.ts';
import { EventsQuery, RunDetail, RunListQuery, RunPage, RunPath, RunQuery } from '../wire/runs.ts';

export const runOperations = [
  defineOperation({
    method: 'GET',
    path: '/v1/edge/fleet/runs',
    operationId: 'listRuns',
    summary: 'List runs',
    tags: ['Fleet'],
    principals: callers,
    scope: 'aegis.edge.fleet.read',
    query: RunListQuery,
    responses: { 200: { description: 'One page of runs, newest first.', schema: RunPage } },
    errors: [],
    async handler(ctx, deps, { query }) {
      const { limit = DEFAULT_LIMIT, cursor, ...filter } = query;
      const before = cursor === undefined ? undefined : readCursor(cursor);
      const found = await listRuns(deps.db, ctx.tenantId, readRunFilter(filter), { before, limit: limit + 1 });
      const runs = found.slice(0, limit);
      const summaries = await summarizeRuns(
        deps.db,
        ctx.tenantId,
        runs.map((run) => run.id),
      );
      const items = runs.map((run) => writeRun(run, summaries.get(run.id) ?? NOTHING));
      return { status: 200, body: { items, next_cursor: found.length > limit ? writeCursor(runs.at(-1)) : null } };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/edge/fleet/runs/{fleet_command_id}',
    operationId: 'getRun',
    summary: 'Read one run, node by node',
    tags: ['Fleet'],
    principals: callers,
    scope: 'aegis.edge.fleet.read',
    params: RunPath,
    query: RunQuery,
    responses: { 200: { description: 'The run.', schema: RunDetail } },
    errors: ['not_found'],
    async handler(ctx, deps, { params, query: { per_node: isPerNode = true, node } }) {
      const run = await findFleetRun(deps.db, ctx, params.fleet_command_id);
      const nodeId = node === undefined ? undefined : readNodeId(node);
      const executions = isPerNode ? await listExecutionsOfRun(deps.db, ctx.tenantId, run.id, nodeId) : [];
      const summary = (await summarizeRuns(deps.db, ctx.tenantId, [run.id])).get(run.id) ?? NOTHING;
      return { status: 200, body: writeRunDetail(run, summary, executions) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/edge/fleet/runs/{fleet_command_id}/events',
    operationId: 'followRun',
    summary: 'Replay and follow the events of a run',
    description:
      'With `Last-Event-ID`, only the events after that one. With `node`, only those of these hosts, and those of the run as a whole.',
    tags: ['Fleet'],
    isExtension: true,
    principals: callers,
    scope: 'aegis.edge.fleet.read',
    params: RunPath,
    query: EventsQuery,
    responses: {
      200: {
        description: 'The events so far and those to come.',
        contentType: 'text/event-stream',
        headers: { 'X-Fleet-Command-Id': 'Id of the run.' },
      },
      204: { description: 'The run has ended and `Last-Event-ID` is its last event: an EventSource stops.' },
    },
    errors: ['not_found'],
    async handler(ctx, deps, { params, query, request }) {
      const lastSeen = header(request, 'last-event-id');
      const after = lastSeen === undefined ? null : readEventId(lastSeen);
      const run = await findFleetRun(deps.db, ctx, params.fleet_command_id);
      if (after !== null && isLastEvent(run, after)) return { status: 204 };
      return {
        status: 200,
        headers: { 'x-fleet-command-id': writeRunId(run.id) },
        stream: (events) => streamRun(deps, { run, after, part: readPart(query) }, events),
      };
    },
  }),
];

const NOTHING: RunSummary = { ok: 0, failed: 0, timedOut: 0, cancelled: 0, notStarted: 0, open: 0 };

function readCursor(cursor: string) {
  const { value, id } = decodeCursor(cursor, { value: 'instant', id: 'uuid' });
  return { createdAt: value, id };
}

function writeCursor(run: ListedRun | undefined): string | null {
  return run === undefined ? null : encodeCursor({ value: run.createdAt.toISOString(), id: run.id });
}

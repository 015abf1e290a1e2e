import { Readable } from 'node:stream';
import {
  type GroupedHost,
  type GroupPlace,
  groupOutput,
  listHostsOfGroup,
  type OutputGroup,
} from '#core/executions/output-groups.ts';
import { findExecution } from '#core/executions/store.ts';
import type { Context } from '#core/kernel/context.ts';
import { notFound } from '#core/kernel/fleet-error.ts';
import type { Queryable } from '#core/kernel/sql.ts';
import { findRun } from '#core/runs/store.ts';
import { callers } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { findFleetRun } from '../find-fleet-run.ts';
import { readExecutionId, writeExecutionId, writeNodeId } from '../ids.ts';
import { writeOutcome } from '../mapping/node-outcome.ts';
import * as wire from '../wire/logs.ts';

const READ = 'aegis.edge.fleet.read';
const HOSTS = 100;

/** What the hosts of a run said, by group, and what one of them said, by ranges. */
export const logOperations = [
  defineOperation({
    method: 'GET',
    path: '/v1/runs/{id}/groups',
    operationId: 'listOutputGroups',
    summary: 'Group the hosts of a run by outcome, exit code and output',
    tags: ['Fleet'],
    isExtension: true,
    principals: callers,
    scope: READ,
    params: wire.GroupsPath,
    query: wire.GroupsQuery,
    responses: { 200: { description: 'The largest group first.', schema: wire.OutputGroups } },
    errors: ['not_found'],
    async handler(ctx, { db }, { params, query }) {
      const { id: runId } = await findFleetRun(db, ctx, params.id);
      const after = query.cursor === undefined ? undefined : readPlace(query.cursor);
      const { total, groups, more } = await groupOutput(
        ctx,
        { db },
        { runId, isNormalised: query.normalise === 1, after },
      );
      const items = groups.map((group, at) => writeGroup(group, at === 0 && after === undefined));
      return {
        status: 200,
        body: { total, groups: items, more, next_cursor: more > 0 ? writePlace(groups.at(-1)) : null },
      };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/runs/{id}/groups/{digest}/hosts',
    operationId: 'listHostsOfOutputGroup',
    summary: 'List the hosts of one group',
    tags: ['Fleet'],
    isExtension: true,
    principals: callers,
    scope: READ,
    params: wire.GroupPath,
    query: wire.GroupHostsQuery,
    responses: { 200: { description: 'One page, in the order of the targets.', schema: wire.GroupHosts } },
    errors: ['not_found'],
    async handler(ctx, { db }, { params, query: { normalise, cursor, limit = HOSTS } }) {
      const { id: runId } = await findFleetRun(db, ctx, params.id);
      const after = cursor === undefined ? -1 : Number(cursor);
      const group = { runId, isNormalised: normalise === 1, digest: params.digest, after, limit: limit + 1 };
      const found = await listHostsOfGroup(ctx, { db }, group);
      const page = found.slice(0, limit);
      const next = found.length > limit ? String(page.at(-1)?.position ?? '') : null;
      return { status: 200, body: { items: page.map(writeHost), next_cursor: next } };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/executions/{id}/log',
    operationId: 'readLogRange',
    summary: 'Read a range of what one command wrote on one host',
    description: 'Bytes of both streams in the order in which they came.',
    tags: ['Fleet'],
    isExtension: true,
    principals: callers,
    scope: READ,
    params: wire.LogPath,
    query: wire.LogRangeQuery,
    responses: { 200: { description: 'The range.', schema: wire.LogRange } },
    errors: ['not_found'],
    async handler(ctx, { db, logRanges }, { params, query: { offset, limit } }) {
      return { status: 200, body: await logRanges.range(await findLog(db, ctx, params.id), offset, limit) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/executions/{id}/log/index',
    operationId: 'readLogIndex',
    summary: 'How long a log is, and where its lines begin',
    tags: ['Fleet'],
    isExtension: true,
    principals: callers,
    scope: READ,
    params: wire.LogPath,
    responses: { 200: { description: 'One offset for 4,096 lines.', schema: wire.LogIndex } },
    errors: ['not_found'],
    async handler(ctx, { db, logRanges }, { params }) {
      return { status: 200, body: await logRanges.index(await findLog(db, ctx, params.id)) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/executions/{id}/log/search',
    operationId: 'searchLog',
    summary: 'Find a text in a log',
    tags: ['Fleet'],
    isExtension: true,
    principals: callers,
    scope: READ,
    params: wire.LogPath,
    query: wire.LogSearchQuery,
    responses: { 200: { description: 'The first 200 lines, and how many there are.', schema: wire.FoundLines } },
    errors: ['not_found'],
    async handler(ctx, { db, logRanges }, { params, query }) {
      return { status: 200, body: await logRanges.search(await findLog(db, ctx, params.id), query.q) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/executions/{id}/log/raw',
    operationId: 'downloadLog',
    summary: 'Download a log as it was written',
    tags: ['Fleet'],
    isExtension: true,
    principals: callers,
    scope: READ,
    params: wire.LogPath,
    responses: { 200: { description: 'Both streams.', contentType: 'text/plain' } },
    errors: ['not_found'],
    async handler(ctx, { db, logRanges }, { params }) {
      const log = await findLog(db, ctx, params.id);
      const headers = {
        'content-disposition': `attachment; filename="${log.executionId}.log"`,
        'content-security-policy': 'sandbox',
      };
      return {
        status: 200,
        body: Readable.from(logRanges.raw(log)),
        contentType: 'text/plain; charset=utf-8',
        headers,
      };
    },
  }),
];

/** @throws FleetError `not_found`, for the orders of other surfaces too. */
async function findLog(db: Queryable, ctx: Context, text: string) {
  const execution = await findExecution(db, ctx.tenantId, readExecutionId(text));
  const run = execution && (await findRun(db, ctx.tenantId, execution.runId));
  if (execution === undefined || run?.kind !== 'fleet') throw notFound('command');
  return { executionId: execution.id, runId: execution.runId };
}

function readPlace(cursor: string): GroupPlace {
  const [count, digest = ''] = cursor.split('.');
  return { count: Number(count), digest };
}

function writePlace(group: GroupPlace | undefined): string | null {
  return group === undefined ? null : `${group.count}.${group.digest}`;
}

function writeGroup({ outcome, sampleHosts, isWhole, ...group }: OutputGroup, majority: boolean) {
  const samples = sampleHosts.map(({ nodeId, name }) => ({ id: writeNodeId(nodeId), name }));
  return { ...group, outcome: writeOutcome(outcome), sampleHosts: samples, majority, whole: isWhole };
}

function writeHost({ nodeId, name, executionId, durationMs }: GroupedHost) {
  return { nodeId: writeNodeId(nodeId), name, executionId: writeExecutionId(executionId), durationMs };
}

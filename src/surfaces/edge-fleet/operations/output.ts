import { searchOutput } from '#core/executions/search-output.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { callers } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { readNodeId, readRunId } from '../ids.ts';
import { writeFoundOutput } from '../mapping/runs.ts';
import { FoundOutputPage, OutputSearchQuery } from '../wire/output.ts';
import { DEFAULT_LIMIT } from '../wire/pages.ts';

/** A search reads much and holds a connection of the database: this many may run at once in one controller. */
const MOST_AT_ONCE = 2;
let underWay = 0;

export const outputOperations = [
  defineOperation({
    method: 'GET',
    path: '/v1/edge/fleet/output/search',
    operationId: 'searchOutput',
    summary: 'Find a text in the output that is kept',
    description:
      'Hosts whose output holds the text, newest run first. A page ends after some seconds with what it has found: an empty page with a `next_cursor` is not the end.',
    tags: ['Fleet'],
    isExtension: true,
    principals: callers,
    scope: 'aegis.edge.fleet.read',
    query: OutputSearchQuery,
    responses: { 200: { description: 'One page of hosts.', schema: FoundOutputPage } },
    errors: ['rate_limited', 'unavailable'],
    async handler(ctx, deps, { query }) {
      if (underWay >= MOST_AT_ONCE) throw tooManyAtOnce();
      const { limit = DEFAULT_LIMIT, run, node, since, until, ...rest } = query;
      underWay += 1;
      try {
        const { items, nextCursor } = await searchOutput(ctx, deps, {
          ...rest,
          limit,
          kind: 'fleet',
          runId: run === undefined ? undefined : readRunId(run),
          nodeId: node === undefined ? undefined : readNodeId(node),
          since: since === undefined ? undefined : new Date(since),
          until: until === undefined ? undefined : new Date(until),
        });
        return { status: 200, body: { items: items.map(writeFoundOutput), next_cursor: nextCursor } };
      } finally {
        underWay -= 1;
      }
    },
  }),
];

function tooManyAtOnce(): FleetError {
  return new FleetError('rate_limited', `${MOST_AT_ONCE} searches are under way on this controller; try again in 2 s`, {
    facts: { retryAfterSeconds: 2 },
  });
}

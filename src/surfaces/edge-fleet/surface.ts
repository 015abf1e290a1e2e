import { LogRanges } from '#core/executions/log-ranges.ts';
import type { RateClass } from '#surfaces/http/operation.ts';
import { type Surface, surfaceWith } from '#surfaces/http/surface.ts';
import { authenticate, securitySchemes } from './auth.ts';
import type { EdgeFleetDeps, ServedDeps } from './deps.ts';
import { documentedInvocation } from './documented-invocation.ts';
import { describeViolations, renderError } from './errors.ts';
import { examples } from './examples.ts';
import { approvalOperations } from './operations/approvals.ts';
import { fileOperations } from './operations/files.ts';
import { fleetOperations } from './operations/fleet.ts';
import { groupOperations } from './operations/groups.ts';
import { hostOperations } from './operations/hosts.ts';
import { logOperations } from './operations/logs.ts';
import { outputOperations } from './operations/output.ts';
import { previewOperations } from './operations/previews.ts';
import { runOperations } from './operations/runs.ts';
import { tokenOperations } from './operations/tokens.ts';
import * as approvals from './wire/approvals.ts';
import * as files from './wire/files.ts';
import * as fleet from './wire/fleet.ts';
import * as groups from './wire/groups.ts';
import * as hosts from './wire/hosts.ts';
import * as logs from './wire/logs.ts';
import * as output from './wire/output.ts';
import * as previews from './wire/previews.ts';
import { Problem } from './wire/problem.ts';
import * as runs from './wire/runs.ts';
import * as selectors from './wire/selectors.ts';
import * as tokens from './wire/tokens.ts';

const OPERATIONS = [
  ...tokenOperations,
  ...hostOperations,
  ...groupOperations,
  ...fleetOperations,
  ...previewOperations,
  ...approvalOperations,
  ...runOperations,
  ...outputOperations,
  ...logOperations,
  ...fileOperations,
];

/** Stops a program that has run wild, and nobody else. */
const RATE: RateClass = { name: 'edge-fleet', burst: 50_000, perMinute: 600_000, by: 'principal' };

/** Edge fleet (seed 003): enrolment, hosts, groups and fleet-wide execution. */
export function edgeFleetSurface(given: EdgeFleetDeps): Surface {
  const deps: ServedDeps = { ...given, logRanges: new LogRanges(given.db) };
  return surfaceWith(
    {
      name: 'edge-fleet',
      title: 'Garrison: edge fleet',
      description:
        'Edge daemons are enrolled with short-lived tokens, described by capabilities and tags, gathered in groups, and given tools to run under a dispatch policy whose progress is streamed. Every operation sees only the tenant of the caller; what belongs to another tenant does not exist. Errors are RFC 9457 problems with a stable `code`. Request objects are closed: an unknown field is refused.',
      version: '1.0.0',
      prefixes: [
        '/v1/edge',
        '/v1/previews',
        '/v1/runs',
        '/v1/executions',
        '/v1/approvals',
        '/v1/files',
        '/v1/fetched_files',
      ],
      tagDescriptions: {
        Enrolment: 'Tokens that let one host in.',
        Hosts: 'Machines: what they are, their tags, their end.',
        Groups: 'Saved selectors and pinned hosts.',
        Approvals: 'What somebody has to consent to before it starts.',
        Files: 'Content for nodes, and from nodes.',
        Fleet: 'Orders to many hosts, their runs, their output.',
      },
      operations: OPERATIONS.map((operation) => ({ ...operation, rateClass: RATE })),
      schemas: {
        ...approvals,
        ...files,
        ...fleet,
        ...groups,
        ...hosts,
        ...logs,
        ...output,
        ...previews,
        ...runs,
        ...selectors,
        ...tokens,
      },
      documentedBodies: deps.toolSchemas ? { invokeFleet: documentedInvocation(deps.toolSchemas) } : {},
      securitySchemes,
      examples,
      authenticate,
      renderError,
      errorSchema: Problem,
      errorContentType: 'application/problem+json',
      describeViolations,
    },
    deps,
  );
}

import { type Surface, surfaceWith } from '#surfaces/http/surface.ts';
import { authenticate, securitySchemes } from './auth.ts';
import type { AgentDispatchDeps } from './deps.ts';
import { ErrorBody, wrapSchema, wrapSuccess } from './envelope.ts';
import { renderError } from './errors.ts';
import { examples } from './examples.ts';
import { artifactOperations } from './operations/artifacts.ts';
import { dispatchOperations } from './operations/dispatches.ts';
import { downloadOperations } from './operations/downloads.ts';
import { healthOperations } from './operations/health.ts';
import { workspaceOperations } from './operations/workspaces.ts';
import * as wire from './wire.ts';

const OPERATIONS = [
  ...dispatchOperations,
  ...workspaceOperations,
  ...artifactOperations,
  ...downloadOperations,
  ...healthOperations,
];

/** Agent dispatch (seed 002): tasks for coding agents, their workspaces and what they leave behind. */
export function agentDispatchSurface(deps: AgentDispatchDeps): Surface {
  return surfaceWith(
    {
      name: 'agent-dispatch',
      title: 'Garrison: agent dispatch',
      description:
        'A dispatch gives one task to one coding agent. It waits, is run on a machine, and leaves artifacts.',
      version: '1.0.0',
      prefixes: ['/dispatch', '/workspaces', '/artifacts', '/health'],
      tagDescriptions: {
        Dispatch: 'Tasks for coding agents: create, follow, cancel, retry.',
        Workspaces: 'Checkouts that are kept between dispatches.',
        Artifacts: 'What dispatches leave behind.',
        Health: 'Whether tasks can be taken, and how many machines offer agents.',
      },
      operations: OPERATIONS,
      schemas: wire,
      securitySchemes,
      examples,
      authenticate,
      renderError,
      errorSchema: ErrorBody,
      wrapSuccess,
      wrapSchema,
    },
    deps,
  );
}

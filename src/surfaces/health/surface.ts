import Type from 'typebox';
import { type Surface, surfaceWith } from '#surfaces/http/surface.ts';
import { authenticate, securitySchemes } from './auth.ts';
import type { HealthDeps } from './deps.ts';
import { renderError } from './errors.ts';
import { healthOperations } from './operations/health.ts';

/** What load balancers, supervisors and Prometheus ask. The bodies of live and ready are those of the agent-dispatch contract. */
export function healthSurface(deps: HealthDeps): Surface {
  return surfaceWith(
    {
      name: 'health',
      title: 'Health and metrics',
      description: 'Liveness, readiness and metrics for Prometheus.',
      version: '1.0.0',
      prefixes: ['/metrics'],
      tagDescriptions: {
        Health: 'Whether the controller lives and is ready.',
        Metrics: 'For Prometheus.',
      },
      operations: healthOperations,
      securitySchemes,
      authenticate,
      renderError,
      errorSchema: Type.Object({ error: Type.String(), message: Type.String() }),
    },
    deps,
  );
}

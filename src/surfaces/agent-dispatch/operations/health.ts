import { defineOperation } from '../deps.ts';
import { timedOf } from '../envelope.ts';
import { FleetHealth, HealthAnswer } from '../wire.ts';

/** Nobody has to say who he is; figures are of all tenants together. Liveness and readiness are the health surface's. */
export const healthOperations = [
  defineOperation({
    method: 'GET',
    path: '/health',
    operationId: 'getHealth',
    summary: 'Health with its components',
    tags: ['Health'],
    principals: ['public'],
    responses: {
      200: { description: 'Healthy or degraded.', schema: HealthAnswer },
      503: { description: 'Unhealthy.', schema: HealthAnswer },
    },
    errors: [],
    isBare: true,
    async handler(_ctx, deps) {
      const health = await deps.fleet.health();
      return { status: health.status === 'unhealthy' ? 503 : 200, body: health };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/health/fleet',
    operationId: 'getFleetHealth',
    summary: 'Pool, agents, machine and dispatch figures',
    description: 'Figures may be up to 30 seconds old.',
    tags: ['Health'],
    principals: ['public'],
    responses: { 200: { description: 'The figures.', schema: timedOf(FleetHealth) } },
    errors: [],
    async handler(_ctx, deps) {
      const begun = performance.now();
      const data = await deps.fleet.read();
      return { status: 200, body: { data, responseTimeMs: Math.round(performance.now() - begun) } };
    },
  }),
];

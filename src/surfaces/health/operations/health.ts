import Type from 'typebox';
import { callers } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { failingChecks } from '../failing-checks.ts';

const live = defineOperation({
  method: 'GET',
  path: '/health/live',
  operationId: 'getLiveness',
  summary: 'Liveness probe',
  tags: ['Health'],
  principals: ['public'],
  responses: { 200: { description: 'Alive.', schema: Type.Object({ status: Type.Literal('ok') }) } },
  errors: [],
  handler: async () => ({ status: 200, body: { status: 'ok' } }),
});

const ready = defineOperation({
  method: 'GET',
  path: '/health/ready',
  operationId: 'getReadiness',
  summary: 'Readiness probe',
  tags: ['Health'],
  principals: ['public'],
  responses: {
    200: { description: 'Ready.', schema: Type.Object({ status: Type.Literal('ready') }) },
    503: {
      description: 'Not ready, and why.',
      schema: Type.Object({
        status: Type.Literal('not_ready'),
        failing: Type.Record(Type.String(), Type.String()),
      }),
    },
  },
  errors: [],
  async handler(_, deps) {
    const failing = await failingChecks(deps);
    if (Object.keys(failing).length === 0) return { status: 200, body: { status: 'ready' } };
    return { status: 503, body: { status: 'not_ready', failing } };
  },
});

const metrics = defineOperation({
  method: 'GET',
  path: '/metrics',
  operationId: 'getMetrics',
  summary: 'Metrics in the text format of Prometheus',
  tags: ['Metrics'],
  principals: callers,
  responses: { 200: { description: 'Metrics.', schema: Type.String(), contentType: 'text/plain' } },
  errors: [],
  async handler(_, { collectMetrics }) {
    const { contentType, text } = await collectMetrics();
    return { status: 200, body: text, contentType };
  },
});

export const healthOperations = [live, ready, metrics];

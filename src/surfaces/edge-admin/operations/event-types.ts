import { Type } from 'typebox';
import { callers, READ } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { single, singleOf } from '../envelope.ts';

/** The catalogue of the contract, in its order. */
const EVENT_TYPES = [
  'edge.enrollment_key.verified',
  'edge.node.registered',
  'edge.node.reregistered',
  'edge.node.version_changed',
  'edge.node.status_changed',
  'edge.node.cluster_changed',
  'edge.node.update_triggered',
  'edge.command_execution.created',
  'edge.command_execution.sent',
  'edge.command_execution.completed',
  'edge.command_execution.cancelled',
  'edge.command_execution.expired',
  'edge.command_execution.pruned',
  'edge.ssh_username.verified',
  'edge.self_update_request.completed',
];

export const eventTypeOperations = [
  defineOperation({
    method: 'GET',
    path: '/api/v1/event_types',
    operationId: 'listEventTypes',
    summary: 'List the types of events',
    tags: ['Events.Type'],
    principals: callers,
    scope: READ,
    responses: { 200: { description: 'All types', schema: singleOf(Type.Array(Type.String())) } },
    errors: [],
    handler: async () => ({ status: 200, body: single(EVENT_TYPES) }),
  }),
];

import { recordHeartbeat } from '#core/outposts/record-heartbeat.ts';
import { callersAndOutposts } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { readHeartbeat, writeInstant } from '../mapping.ts';
import { HeartbeatAck, HeartbeatRequest, OutpostPath } from '../wire.ts';
import { outpostOfPath } from './path.ts';

/** No audit: ten thousand outposts beat eighty times a second, and what a beat says is in the record. */
export const heartbeatOperation = defineOperation({
  method: 'POST',
  path: '/v1/orgs/{org_id}/outposts/{outpost_id}/heartbeat',
  operationId: 'recordOutpostHeartbeat',
  summary: 'Report in',
  description:
    'Sent by a running outpost every 120 seconds. Stamps `last_seen` and takes over the reported versions and states. The caller proves itself by its client certificate, or by an admin API key while developing and testing. A certificate that is present but bad is refused; it never falls back to the key.',
  tags: ['Outposts'],
  principals: callersAndOutposts,
  params: OutpostPath,
  body: HeartbeatRequest,
  bodyLimitBytes: 16 * 1024,
  responses: { 200: { description: 'Received.', schema: HeartbeatAck } },
  errors: ['not_found', 'conflict', 'invalid'],
  async handler(ctx, deps, { params, body }) {
    const telemetry = readHeartbeat(body);
    const asked = await outpostOfPath(ctx, deps.db, params);
    const receivedAt = await recordHeartbeat(asked.ctx, deps, { id: asked.id, telemetry });
    return { status: 200, body: { outpost_id: asked.id, received_at: writeInstant(receivedAt) } };
  },
});

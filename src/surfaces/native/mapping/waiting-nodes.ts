import type { Static } from 'typebox';
import type { WaitingNode as CoreWaitingNode } from '#core/enrolment/admit-node.ts';
import type { WaitingNode } from '../wire/waiting-nodes.ts';
import { writeInstant } from './instants.ts';

export function writeWaitingNode(node: CoreWaitingNode): Static<typeof WaitingNode> {
  return {
    node_id: node.nodeId,
    hostname: node.hostname,
    address: node.address,
    certificate_ends_at: writeInstant(node.notAfter),
    first_seen_at: writeInstant(node.firstSeenAt),
    last_seen_at: writeInstant(node.lastSeenAt),
  };
}

import type { FleetEvent } from '#client/edge-fleet/wire.ts';

/** The events of a run without what other nodes did. */
export async function* onlyNode(
  events: AsyncIterable<FleetEvent>,
  nodeId: string,
): AsyncGenerator<FleetEvent, void, void> {
  const bare = nodeId.replace(/^n-/, '');
  for await (const event of events) {
    if (!('node_id' in event.data) || event.data.node_id.endsWith(bare)) yield event;
  }
}

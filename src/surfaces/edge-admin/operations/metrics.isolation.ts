import type { MakeSample } from '#test/guards/tenant-isolation.ts';

export const isolation: MakeSample = async ({ nodeId }) => ({
  params: {
    '/api/v1/nodes/{node_id}/metrics': { node_id: nodeId },
    '/api/v1/nodes/{node_id}/metrics/host': { node_id: nodeId },
    '/api/v1/nodes/{node_id}/metrics/agent': { node_id: nodeId },
    '/api/v1/nodes/{node_id}/metrics/host/raw': { node_id: nodeId },
    '/api/v1/nodes/{node_id}/metrics/agent/raw': { node_id: nodeId },
  },
});

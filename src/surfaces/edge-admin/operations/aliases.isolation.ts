import type { MakeSample } from '#test/guards/tenant-isolation.ts';

export const isolation: MakeSample = async ({ make, nodeId }) => {
  const { id } = await make(`/api/v1/nodes/${nodeId}/aliases`, { name: 'mine' });
  return {
    params: {
      '/api/v1/nodes/{node_id}/aliases': { node_id: nodeId },
      '/api/v1/aliases/{id}': { id },
    },
    bodies: { createAlias: { name: 'stolen' } },
  };
};

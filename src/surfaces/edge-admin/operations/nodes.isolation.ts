import type { MakeSample } from '#test/guards/tenant-isolation.ts';

export const isolation: MakeSample = async ({ nodeId, strangersClusterName }) => ({
  params: {
    '/api/v1/nodes/{id}': { id: nodeId },
    '/api/v1/nodes/{id}/change_cluster': { id: nodeId },
  },
  bodies: { changeNodeCluster: { cluster_name: strangersClusterName } },
});

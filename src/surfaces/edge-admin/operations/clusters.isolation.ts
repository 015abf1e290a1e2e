import type { MakeSample } from '#test/guards/tenant-isolation.ts';

export const isolation: MakeSample = async ({ make }) => {
  const { name } = await make('/api/v1/clusters', { name: 'isolated' });
  return { params: { '/api/v1/clusters/{name}': { name } }, bodies: { updateCluster: { node_limit: 5 } } };
};

import type { MakeSample } from '#test/guards/tenant-isolation.ts';

export const isolation: MakeSample = async ({ make }) => {
  const { id } = await make('/api/v1/self_update_requests', { targeting: { type: 'all' } });
  return { params: { '/api/v1/self_update_requests/{id}': { id } } };
};

import type { MakeSample } from '#test/guards/tenant-isolation.ts';

export const isolation: MakeSample = async ({ make, nodeId }) => {
  const targeting = { type: 'nodes', node_ids: [nodeId] };
  const { id } = await make('/api/v1/commands', { command_text: 'sleep 60', targeting });
  return { params: { '/api/v1/commands/{id}': { id } } };
};

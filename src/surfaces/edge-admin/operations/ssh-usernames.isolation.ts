import type { MakeSample } from '#test/guards/tenant-isolation.ts';

export const isolation: MakeSample = async ({ make, nodeId }) => {
  const { id } = await make(`/api/v1/nodes/${nodeId}/ssh_usernames`, { username: 'mine' });
  return {
    params: {
      '/api/v1/nodes/{node_id}/ssh_usernames': { node_id: nodeId },
      '/api/v1/ssh_usernames/{id}': { id },
    },
    bodies: { createSshUsername: { username: 'stolen' } },
  };
};

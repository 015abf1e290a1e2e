import type { MakeSample } from '#test/guards/tenant-isolation.ts';

const SSH_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

export const isolation: MakeSample = async ({ make, nodeId }) => {
  const user = await make(`/api/v1/nodes/${nodeId}/ssh_usernames`, { username: 'with-a-key' });
  const path = `/api/v1/ssh_usernames/${user.id}/ssh_public_keys`;
  const { id } = await make(path, { key_name: 'k', public_key: SSH_KEY });
  return {
    params: {
      '/api/v1/ssh_usernames/{ssh_username_id}/ssh_public_keys': { ssh_username_id: user.id },
      '/api/v1/ssh_public_keys/{id}': { id },
    },
    bodies: { createSshPublicKey: { key_name: 'stolen', public_key: SSH_KEY } },
  };
};

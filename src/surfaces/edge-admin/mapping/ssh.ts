import type { Static } from 'typebox';
import type { SshPublicKey, SshUsername } from '#core/ssh/ssh-username.ts';
import type * as Wire from '../wire/ssh.ts';

export function writeSshUsername(user: SshUsername): Static<typeof Wire.SshUsername> {
  return {
    id: user.id,
    node_id: user.nodeId,
    username: user.username,
    has_password: user.hasPassword,
    public_keys: user.publicKeys.map(writeSshPublicKey),
    inserted_at: user.createdAt.toISOString(),
    updated_at: user.updatedAt.toISOString(),
  };
}

export function writeSshPublicKey(key: SshPublicKey): Static<typeof Wire.SshPublicKey> {
  return {
    id: key.id,
    ssh_username_id: key.sshUsernameId,
    key_name: key.name,
    public_key: key.publicKey,
    inserted_at: key.createdAt.toISOString(),
    updated_at: key.updatedAt.toISOString(),
  };
}

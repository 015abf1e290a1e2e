import type { Id, NodeId } from '../kernel/ids.ts';

export type SshUsernameId = Id<'ssh-username'>;
export type SshPublicKeyId = Id<'ssh-public-key'>;

/** Somebody who may log in on one node (seed 001). It is never changed: what has to be otherwise is made anew. */
export interface SshUsername {
  readonly id: SshUsernameId;
  readonly nodeId: NodeId;
  readonly username: string;
  readonly hasPassword: boolean;
  /** By name. */
  readonly publicKeys: readonly SshPublicKey[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface SshPublicKey {
  readonly id: SshPublicKeyId;
  readonly sshUsernameId: SshUsernameId;
  readonly name: string;
  /** As it was given: algorithm, base64, comment. */
  readonly publicKey: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const USERNAME_PATTERN = '^[a-z_][a-z0-9_-]*$';
export const MIN_USERNAME_LENGTH = 3;
export const MAX_USERNAME_LENGTH = 32;
export const MIN_PASSWORD_LENGTH = 12;
export const MAX_PASSWORD_LENGTH = 128;
export const MAX_KEY_NAME_LENGTH = 255;

import { SshAccess, type SshAccessParts } from '#core/ssh/ssh-access.ts';
import type { ServiceStack } from '../service-stack.ts';
import type { AccessPart } from './access.ts';

export interface SshNeeds extends Pick<SshAccessParts, 'db' | 'bus' | 'clock' | 'log'> {
  readonly access: Pick<AccessPart, 'audit'>;
}

/** Who may sign in to nodes by SSH, told to their sessions; it is there before the first of them. */
export function startSsh(stack: ServiceStack, { access, ...needs }: SshNeeds): Promise<SshAccess> {
  return stack.start('SSH access', new SshAccess({ ...needs, audit: access.audit }));
}

import type { Static } from 'typebox';
import type { TenantSecret as CoreSecret } from '#core/vault/tenant-secret.ts';
import type { TenantSecret } from '../wire/secrets.ts';
import { writeInstant } from './instants.ts';

export function writeSecret({ kind, name, createdAt, updatedAt }: CoreSecret): Static<typeof TenantSecret> {
  return { kind, name, created_at: writeInstant(createdAt), updated_at: writeInstant(updatedAt) };
}

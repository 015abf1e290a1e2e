import type { Static } from 'typebox';
import type { EnrollmentKey } from '#core/enrolment/enrollment-key.ts';
import type * as Wire from '../wire/enrollment-keys.ts';
import { writeInstant } from './instants.ts';

export function writeKey(key: EnrollmentKey): Static<typeof Wire.EnrollmentKey> {
  return {
    id: key.id,
    cluster_name: key.clusterName,
    key: key.key.reveal(),
    name: key.name,
    tags: [...key.tags],
    uses_remaining: key.usesRemaining,
    expired_at: writeInstant(key.expiresAt),
    last_used_at: writeInstant(key.lastUsedAt),
    inserted_at: key.createdAt.toISOString(),
    updated_at: key.updatedAt.toISOString(),
  };
}

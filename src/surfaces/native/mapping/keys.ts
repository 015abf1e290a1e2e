import type { Static } from 'typebox';
import type { CreatedKey as CreatedCoreKey } from '#core/access/create-key.ts';
import type { Key as CoreKey } from '#core/access/key.ts';
import type { Principal } from '#core/kernel/context.ts';
import { writeApprovalPolicy, writeBudget } from '../token-policy.ts';
import type { CreatedKey, Key, Me } from '../wire/keys.ts';
import { writeInstant, writeOptionalInstant } from './instants.ts';

export function writeKey(key: CoreKey): Static<typeof Key> {
  return {
    ...describeKey(key),
    revoked_at: writeOptionalInstant(key.revokedAt),
    last_used_at: writeOptionalInstant(key.lastUsedAt),
  };
}

export function writeCreatedKey({ key, secret }: CreatedCoreKey): Static<typeof CreatedKey> {
  return { ...describeKey(key), api_key: secret.reveal() };
}

function describeKey(key: CoreKey) {
  return {
    id: key.id,
    org_id: key.tenantId,
    kind: key.kind,
    name: key.name,
    hint: key.hint,
    scopes: [...key.scopes],
    created_at: writeInstant(key.createdAt),
    expires_at: writeOptionalInstant(key.expiresAt),
    approval: key.approval && writeApprovalPolicy(key.approval),
    budget: key.budget && writeBudget(key.budget),
  };
}

export function writeMe({ subject, kind, tenantId, isMaster, scopes }: Principal): Static<typeof Me> {
  return {
    subject,
    kind,
    org_id: tenantId,
    is_master: isMaster,
    scopes: scopes === 'all' ? 'all' : [...scopes].sort(),
  };
}

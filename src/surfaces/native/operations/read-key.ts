import type { Static } from 'typebox';
import type { KeyRequest } from '#core/access/create-key.ts';
import { notFound } from '#core/kernel/fleet-error.ts';
import { type KeyId, parseId } from '#core/kernel/ids.ts';
import { readApprovalPolicy, readBudget } from '../token-policy.ts';
import type { CreateKeyRequest } from '../wire/keys.ts';

export function readKeyRequest(body: Static<typeof CreateKeyRequest>): KeyRequest {
  const { kind, name, scopes, expires_at, approval, budget } = body;
  return {
    kind,
    name,
    scopes,
    expiresAt: expires_at == null ? null : new Date(expires_at),
    approval: approval && readApprovalPolicy(approval),
    budget: budget && readBudget(budget),
  };
}

export function readKeyId(text: string): KeyId {
  const id = parseId<KeyId>(text);
  if (id === undefined) throw notFound('key');
  return id;
}

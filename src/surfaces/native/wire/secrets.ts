import Type from 'typebox';
import { Timestamp } from './shapes.ts';

const SecretKindName = Type.Enum(['value', 'model', 'git'], {
  description:
    '`value`: for runs that name it. `model`: the key of the provider of an agent, by the name of the agent. `git`: `user:password` for a git host, by the name of the host.',
});

export const SecretPath = Type.Object({
  kind: SecretKindName,
  name: Type.String({ minLength: 1, maxLength: 128 }),
});

export const SetSecretRequest = Type.Object(
  { value: Type.String({ minLength: 1, maxLength: 32_768, description: 'Kept sealed and never shown again.' }) },
  { title: 'SetSecretRequest' },
);

export const TenantSecret = Type.Object(
  { kind: SecretKindName, name: Type.String(), created_at: Timestamp, updated_at: Timestamp },
  { title: 'TenantSecret' },
);

export const TenantSecretList = Type.Object({ items: Type.Array(TenantSecret) }, { title: 'TenantSecretList' });

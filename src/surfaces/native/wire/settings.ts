import Type from 'typebox';
import { Nullable } from './shapes.ts';

export const SettingInForce = Type.Object(
  {
    name: Type.String({ description: 'As in `garrison.yaml`.' }),
    section: Type.String(),
    description: Type.String(),
    value: Nullable(Type.String({ description: 'Null for a secret, and where there is none.' })),
    is_secret: Type.Boolean(),
    is_set: Type.Boolean(),
    when_unset: Nullable(Type.String({ description: 'What happens without a value.' })),
    source: Type.Enum(['flag', 'environment', 'file', 'default']),
    from: Nullable(Type.String({ description: 'Flag, variable, or line and file; null for a default.' })),
  },
  { title: 'SettingInForce' },
);

export const SettingList = Type.Object({ items: Type.Array(SettingInForce) }, { title: 'SettingList' });

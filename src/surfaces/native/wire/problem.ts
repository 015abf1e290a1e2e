import Type from 'typebox';
import { Nullable } from './shapes.ts';

export const ErrorEnvelope = Type.Object(
  {
    error: Type.String({ description: 'Stable code.' }),
    message: Type.String({ description: 'For people.' }),
    detail: Nullable(Type.String({ description: 'More context, where there is any.' })),
  },
  { title: 'ErrorEnvelope' },
);

import { Type } from 'typebox';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { Targeting } from '#surfaces/targeting/wire.ts';
import { nullable, nullableInstant, times, uuid, waitsFor } from './shapes.ts';

export const CommandCreate = Type.Object({
  command_text: Type.String({
    minLength: 1,
    maxLength: MAX_LENGTH.script,
    description: 'Shell script, may have several lines',
  }),
  targeting: Targeting,
  timeout: Type.Optional(nullable(Type.Integer({ minimum: 1 }), { description: 'Milliseconds; null: none' })),
  expired_at: Type.Optional(nullableInstant('What has not started by then never does; in the future')),
});

export const Command = Type.Object({
  id: uuid('Command id'),
  command_text: Type.String(),
  targeting: Targeting,
  timeout: nullable(Type.Integer(), { description: 'Milliseconds; null: none' }),
  expired_at: nullableInstant('Null: never'),
  ...times,
  command_sha256: nullable(Type.String(), {
    description: 'An addition: SHA-256 of the command text, hex. Null for commands of before it was kept.',
  }),
  created_by: nullable(Type.String(), {
    description: 'An addition: name of the key that created it. Null for commands of before it was kept.',
  }),
  approval: waitsFor,
});

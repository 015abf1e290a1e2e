import type { Static } from 'typebox';
import type { Command } from '#core/commands/command.ts';
import type { Targeting } from '#surfaces/targeting/wire.ts';
import type * as Wire from '../wire/commands.ts';
import { writeInstant } from './instants.ts';

export function writeCommand(command: Command): Static<typeof Wire.Command> {
  const createdAt = command.createdAt.toISOString();
  return {
    id: command.id,
    command_text: command.text,
    targeting: command.targeting as Targeting, // as this surface has read it
    timeout: command.timeoutMs,
    expired_at: writeInstant(command.deadlineAt),
    inserted_at: createdAt,
    updated_at: createdAt,
    command_sha256: command.commandSha256,
    created_by: command.caller,
  };
}

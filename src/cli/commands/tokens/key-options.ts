import { type Command, Option } from 'commander';
import type { KeyFields, KeyKind } from '#client/native/native-client.ts';
import { readInstant } from '../../parse/read-instant.ts';
import { repeated } from '../../parse/read-pairs.ts';

export interface KeyOptions {
  readonly kind?: KeyKind;
  readonly name?: string;
  readonly scope?: readonly string[];
  readonly expires?: string;
}

export function addKeyOptions(command: Command, usual: KeyKind): Command {
  return command
    .addOption(new Option('--kind <kind>', `kind of key (default: ${usual})`).choices(['scoped', 'api', 'arb', 'otp']))
    .option('--name <text>', 'what it is for')
    .option('--scope <scope>', 'what it opens; may be repeated. garrison tokens scopes lists them', repeated)
    .option('--expires <time>', 'a time from now such as 30d, or a date (default: never)', (text: string) =>
      readInstant(text),
    );
}

export function readKeyFields({ kind, name, scope, expires }: KeyOptions): KeyFields {
  return {
    ...(kind !== undefined && { kind }),
    ...(name !== undefined && { name }),
    ...(scope !== undefined && { scopes: scope }),
    ...(expires !== undefined && { expires_at: expires }),
  };
}

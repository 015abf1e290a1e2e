import { ExitWith } from '../../cli-error.ts';
import { argument, type CommandSpec } from '../../command-spec.ts';
import type { Example } from '../../help.ts';
import { runInstead } from './on-this-host.ts';

interface Word {
  readonly name: string;
  readonly instead: readonly string[];
  readonly description: string;
  readonly example: Example;
}

const WORDS: readonly Word[] = [
  {
    name: 'show',
    instead: ['node', 'keys', 'show'],
    description: 'Show the key of this host, as garrison node keys show does.',
    example: ['garrison edge keys show', 'which certificate it has, and until when'],
  },
  {
    name: 'rotate',
    instead: ['node', 'keys', 'rotate'],
    description: 'Give this host a new key, as garrison node keys rotate does.',
    example: ['garrison edge keys rotate --keep-old 24h', 'the former certificate stays good for a day'],
  },
  {
    name: 'revoke-remote',
    instead: ['edge', 'revoke'],
    description: 'Revoke the key of other hosts, as garrison edge revoke does.',
    example: ['garrison edge keys revoke-remote web-1', 'web-1 is out within two seconds'],
  },
];

export const keys: CommandSpec = {
  name: 'keys',
  description: 'Keys of hosts: show and rotate that of this one, revoke others.',
  examples: [['garrison edge keys rotate', 'a new key for this host']],
  commands: WORDS.map(({ name, instead, description, example }) => ({
    name,
    description,
    arguments: [argument('[argument...]', `as garrison ${instead.join(' ')} --help says`)],
    takesUnknownOptions: true,
    examples: [example],
    run: async (invocation) => {
      throw new ExitWith(await runInstead(invocation, ['edge', 'keys', name], instead));
    },
  })),
};

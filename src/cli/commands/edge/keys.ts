import type { Command } from 'commander';
import { ExitWith } from '../../cli-error.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import type { Terminal } from '../../terminal.ts';
import { runInstead } from './on-this-host.ts';

interface Word {
  readonly name: string;
  readonly instead: readonly string[];
  readonly description: string;
  readonly example: readonly [line: string, does: string];
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

export function registerKeys(edge: Command, terminal: Terminal): void {
  const keys = edge.command('keys').description('Keys of hosts: show and rotate that of this one, revoke others.');
  for (const { name, instead, description, example } of WORDS) {
    const command = keys
      .command(name)
      .description(description)
      .argument('[argument...]', `as garrison ${instead.join(' ')} --help says`)
      .allowUnknownOption()
      .action(
        act(terminal, async (invocation) => {
          throw new ExitWith(await runInstead(invocation, ['edge', 'keys', name], instead));
        }),
      );
    addExamples(command, [example]);
  }
  addExamples(keys, [['garrison edge keys rotate', 'a new key for this host']]);
}

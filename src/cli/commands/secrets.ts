import { trimEndOf } from '#runtime/trim-end.ts';
import { usageError } from '../cli-error.ts';
import { argument, type CommandSpec, option } from '../command-spec.ts';
import type { Invocation } from '../invocation.ts';
import { sentenceView, tableView } from '../output/print-view.ts';

const kinds = () => [
  option('--model', 'the key of the provider of an agent, by the name of the agent'),
  option('--git', 'user:password for a git host, by the name of the host'),
];

function kindOf(invocation: Invocation): 'value' | 'model' | 'git' {
  const { model = false, git = false } = invocation.opts<{ model?: boolean; git?: boolean }>();
  if (model && git) throw usageError('a secret is of one kind', 'Give --model or --git, not both.');
  return model ? 'model' : git ? 'git' : 'value';
}

const set: CommandSpec = {
  name: 'set',
  description: 'Set a secret of the tenant. Its value is read from standard input, kept sealed, and never shown again.',
  arguments: [argument('<name>', 'name of the variable, of the agent with --model, or of the host with --git')],
  options: kinds(),
  examples: [
    ['printf %s "$TOKEN" | garrison secrets set NPM_TOKEN', 'for dispatches that name it with --secret'],
    ['garrison secrets set --model claude < key.txt', 'the relay beside the agent puts it in; the agent never has it'],
    [
      "printf %s 'robot:token' | garrison secrets set --git github.com",
      'for repositories that not everybody may read; the agent never has it',
    ],
  ],
  run: async (invocation, name: string) => {
    const value = trimEndOf(await invocation.terminal.readStdin(), '\n');
    if (value === '')
      throw usageError('no value came on standard input', 'Write: printf %s "$VALUE" | garrison secrets set NAME');
    const secret = await (await invocation.native()).setSecret(kindOf(invocation), name, value);
    await invocation.print(sentenceView(secret, `${name} is set`));
  },
};

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List the secrets of the tenant, without their values.',
  examples: [['garrison secrets list', 'what dispatches can name']],
  run: async (invocation) => {
    const found = await (await invocation.native()).secrets();
    await invocation.print(
      tableView(
        found,
        [
          { header: 'NAME', value: (one) => one.name },
          { header: 'KIND', value: (one) => one.kind },
          { header: 'SET', value: (one) => invocation.ago(one.updated_at) },
        ],
        'No secrets. garrison secrets set NAME makes one.',
      ),
    );
  },
};

const rm: CommandSpec = {
  name: 'rm',
  aliases: ['remove'],
  description: 'Remove a secret of the tenant.',
  arguments: [argument('<name>', 'name of the secret')],
  options: kinds(),
  examples: [['garrison secrets rm NPM_TOKEN', 'dispatches that name it end failed']],
  run: async (invocation, name: string) => {
    const kind = kindOf(invocation);
    await (await invocation.native()).removeSecret(kind, name);
    await invocation.print(sentenceView({ kind, name, removed: true }, `removed ${name}`));
  },
};

export const command: CommandSpec = {
  name: 'secrets',
  description: 'Secrets of the tenant, for dispatches and for the relays beside agents.',
  examples: [['printf %s "$TOKEN" | garrison secrets set NPM_TOKEN', 'kept sealed']],
  commands: [set, list, rm],
};

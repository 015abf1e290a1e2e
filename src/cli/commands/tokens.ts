import { collect } from '#client/walk-pages.ts';
import { argument, type CommandSpec } from '../command-spec.ts';
import { sentenceView, tableView } from '../output/print-view.ts';
import { type KeyOptions, keyOptions, keysView, printCreatedKey, readKeyFields } from './keys-and-tokens.ts';

const scopes: CommandSpec = {
  name: 'scopes',
  description: 'List every scope and what it opens.',
  examples: [['garrison tokens scopes', 'what --scope can say']],
  run: async (invocation) => {
    const scopes = await (await invocation.native()).scopes();
    await invocation.print(
      tableView(
        scopes,
        [
          { header: 'SCOPE', value: (scope) => scope.name },
          { header: 'OPENS', value: (scope) => scope.opens, isFlexible: true },
        ],
        'No scopes.',
      ),
    );
  },
};

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List the keys and tokens of your tenant, without the keys themselves.',
  examples: [['garrison tokens list', 'who has keys, and when they were used']],
  run: async (invocation) => {
    const found = await collect((await invocation.native()).keys());
    await invocation.print(keysView(invocation, found, 'garrison tokens create'));
  },
};

const create: CommandSpec = {
  name: 'create',
  description: 'Create a token and print it, once. Nobody can give a scope they do not have.',
  options: [...keyOptions('scoped')],
  examples: [
    [
      'garrison tokens create --name ci --scope garrison.fleet.manage --scope garrison.fleet.read',
      'may run, not enrol',
    ],
    ['garrison tokens create --name dashboard --scope edge-admin.read --expires 30d', 'may look, for a month'],
  ],
  run: async (invocation) => {
    const created = await (await invocation.native()).createKey(readKeyFields(invocation.opts<KeyOptions>()));
    await printCreatedKey(invocation, created);
  },
};

const revoke: CommandSpec = {
  name: 'revoke',
  aliases: ['rm'],
  description: 'Revoke a key or a token.',
  arguments: [argument('<id>', 'id of the key')],
  examples: [['garrison tokens revoke 0199a3f4-…', 'it opens nothing now']],
  run: async (invocation, id: string) => {
    await (await invocation.native()).revokeKey(id);
    await invocation.print(sentenceView({ id, revoked: true }, `revoked ${id}`));
  },
};

export const command: CommandSpec = {
  name: 'tokens',
  description: 'Keys and tokens with scopes, in your tenant.',
  examples: [['garrison tokens create --name ci --scope garrison.fleet.manage', 'a token for a pipeline']],
  commands: [list, create, revoke, scopes],
};

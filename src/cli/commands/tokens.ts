import { Option } from 'commander';
import type { KeyFields, KeyKind } from '#client/native/native-client.ts';
import { collect } from '#client/walk-pages.ts';
import { argument, type CommandSpec, option } from '../command-spec.ts';
import { sentenceView, tableView } from '../output/print-view.ts';
import { readInstant } from '../parse/read-instant.ts';
import { repeated } from '../parse/read-pairs.ts';

export interface KeyOptions {
  readonly kind?: KeyKind;
  readonly name?: string;
  readonly scope?: readonly string[];
  readonly expires?: string;
}

export function keyOptions(usual: KeyKind): Option[] {
  return [
    new Option('--kind <kind>', `kind of key (default: ${usual})`).choices(['scoped', 'api', 'arb', 'otp']),
    option('--name <text>', 'what it is for'),
    option('--scope <scope>', 'what it opens; may be repeated. garrison tokens scopes lists them', repeated),
    option('--expires <time>', 'a time from now such as 30d, or a date (default: never)', (text: string) =>
      readInstant(text),
    ),
  ];
}

export function readKeyFields({ kind, name, scope, expires }: KeyOptions): KeyFields {
  return {
    ...(kind !== undefined && { kind }),
    ...(name !== undefined && { name }),
    ...(scope !== undefined && { scopes: scope }),
    ...(expires !== undefined && { expires_at: expires }),
  };
}

const scopes: CommandSpec = {
  name: 'scopes',
  description: 'List every scope there is and what it opens.',
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
  description: 'List the keys and tokens of the own tenant, without the keys themselves.',
  examples: [['garrison tokens list', 'who has keys, and when they were used']],
  run: async (invocation) => {
    const found = await collect((await invocation.native()).keys());
    await invocation.print(
      tableView(
        found,
        [
          { header: 'ID', value: (key) => key.id },
          { header: 'KIND', value: (key) => key.kind },
          { header: 'NAME', value: (key) => key.name, isFlexible: true },
          { header: 'ENDS WITH', value: (key) => key.hint },
          { header: 'SCOPES', value: (key) => key.scopes.join(','), isFlexible: true },
          { header: 'EXPIRES', value: (key) => invocation.ago(key.expires_at) },
          { header: 'LAST USED', value: (key) => invocation.ago(key.last_used_at) },
          { header: 'REVOKED', value: (key) => invocation.ago(key.revoked_at) },
        ],
        'No keys. garrison tokens create makes one.',
      ),
    );
  },
};

const create: CommandSpec = {
  name: 'create',
  description: 'Create a token and print it, once. Nobody can give a scope he does not have.',
  options: [...keyOptions('scoped')],
  examples: [
    [
      'garrison tokens create --name ci --scope aegis.edge.fleet.manage --scope aegis.edge.fleet.read',
      'may run, not enrol',
    ],
    ['garrison tokens create --name dashboard --scope edge-admin.read --expires 30d', 'may look, for a month'],
  ],
  run: async (invocation) => {
    const created = await (await invocation.native()).createKey(readKeyFields(invocation.opts<KeyOptions>()));
    await invocation.print(sentenceView(created, created.api_key));
    invocation.note(`Its id is ${created.id}. It is shown this once.`);
  },
};

const revoke: CommandSpec = {
  name: 'revoke',
  aliases: ['rm'],
  description: 'Revoke a key or a token.',
  arguments: [argument('<id>', 'id of the key')],
  examples: [['garrison tokens revoke 0199a3f4-…', 'it opens nothing any more']],
  run: async (invocation, id: string) => {
    await (await invocation.native()).revokeKey(id);
    await invocation.print(sentenceView({ id, revoked: true }, `revoked ${id}`));
  },
};

export const command: CommandSpec = {
  name: 'tokens',
  description: 'Keys and tokens with scopes, of the own tenant.',
  examples: [['garrison tokens create --name ci --scope aegis.edge.fleet.manage', 'a token for a pipeline']],
  commands: [list, create, revoke, scopes],
};

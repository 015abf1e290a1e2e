import { collect } from '#client/walk-pages.ts';
import { argument, type CommandSpec } from '../../command-spec.ts';
import { sentenceView, tableView } from '../../output/print-view.ts';
import { type KeyOptions, keyOptions, readKeyFields } from '../tokens.ts';

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List the keys of an organisation, without the keys themselves.',
  arguments: [argument('<org>', 'id of the organisation')],
  examples: [['garrison orgs keys list 0199a3f4-…', 'which keys open it']],
  run: async (invocation, orgId: string) => {
    const found = await collect((await invocation.native()).organisationKeys(orgId));
    await invocation.print(
      tableView(
        found,
        [
          { header: 'ID', value: (key) => key.id },
          { header: 'KIND', value: (key) => key.kind },
          { header: 'NAME', value: (key) => key.name, isFlexible: true },
          { header: 'ENDS WITH', value: (key) => key.hint },
          { header: 'CREATED', value: (key) => invocation.ago(key.created_at) },
          { header: 'LAST USED', value: (key) => invocation.ago(key.last_used_at) },
          { header: 'REVOKED', value: (key) => invocation.ago(key.revoked_at) },
        ],
        'No keys. garrison orgs keys create ORG makes one.',
      ),
    );
  },
};

const create: CommandSpec = {
  name: 'create',
  description: 'Create another key for an organisation and print it, once.',
  arguments: [argument('<org>', 'id of the organisation')],
  options: [...keyOptions('arb')],
  examples: [
    ['garrison orgs keys create 0199a3f4-…', 'with the master key'],
    ['garrison orgs keys create 0199a3f4-… --kind otp --scope dispatch --scope status', 'for agent dispatch'],
  ],
  run: async (invocation, orgId: string) => {
    const created = await (await invocation.native()).createOrganisationKey(
      orgId,
      readKeyFields(invocation.opts<KeyOptions>()),
    );
    await invocation.print(sentenceView(created, created.api_key));
    invocation.note(`Its id is ${created.id}. It is shown this once.`);
  },
};

const revoke: CommandSpec = {
  name: 'revoke',
  aliases: ['rm'],
  description: 'Revoke a key of an organisation.',
  arguments: [argument('<org>', 'id of the organisation'), argument('<key>', 'id of the key')],
  examples: [['garrison orgs keys revoke 0199a3f4-… 0199a3f5-…', 'it opens nothing any more']],
  run: async (invocation, orgId: string, keyId: string) => {
    await (await invocation.native()).revokeOrganisationKey(orgId, keyId);
    await invocation.print(sentenceView({ org_id: orgId, id: keyId, revoked: true }, `revoked ${keyId}`));
  },
};

export const keys: CommandSpec = {
  name: 'keys',
  description: 'Keys of an organisation.',
  examples: [['garrison orgs keys create 0199a3f4-…', 'another key']],
  commands: [list, create, revoke],
};

import { collect } from '#client/walk-pages.ts';
import { argument, type CommandSpec } from '../../command-spec.ts';
import { sentenceView } from '../../output/print-view.ts';
import { type KeyOptions, keyOptions, keysView, printCreatedKey, readKeyFields } from '../keys-and-tokens.ts';

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List the keys of an organisation, without the keys themselves.',
  arguments: [argument('<org>', 'id of the organisation')],
  examples: [['garrison orgs keys list 0199a3f4-…', 'which keys open it']],
  run: async (invocation, orgId: string) => {
    const found = await collect((await invocation.native()).organisationKeys(orgId));
    await invocation.print(keysView(invocation, found, 'garrison orgs keys create ORG'));
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
    await printCreatedKey(invocation, created);
  },
};

const revoke: CommandSpec = {
  name: 'revoke',
  aliases: ['rm'],
  description: 'Revoke a key of an organisation.',
  arguments: [argument('<org>', 'id of the organisation'), argument('<key>', 'id of the key')],
  examples: [['garrison orgs keys revoke 0199a3f4-… 0199a3f5-…', 'it opens nothing now']],
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

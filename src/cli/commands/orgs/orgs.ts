import { collect } from '#client/walk-pages.ts';
import { argument, type CommandSpec } from '../../command-spec.ts';
import { factsView, tableView } from '../../output/print-view.ts';
import { keys } from './keys.ts';

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List the organisations.',
  examples: [['garrison orgs list', 'with the master key']],
  run: async (invocation) => {
    const found = await collect((await invocation.native()).organisations());
    await invocation.print(
      tableView(
        found,
        [
          { header: 'ID', value: (org) => org.id },
          { header: 'NAME', value: (org) => org.name, isFlexible: true },
          { header: 'CREATED', value: (org) => invocation.ago(org.created_at) },
        ],
        'No organisations. garrison orgs create NAME makes one.',
      ),
    );
  },
};

const create: CommandSpec = {
  name: 'create',
  description: 'Create an organisation and print its first key, once.',
  arguments: [argument('<name>', 'name of the organisation')],
  examples: [
    ["garrison orgs create 'Acme'", 'with the master key'],
    ["garrison orgs create 'Acme' --output json", 'for a program'],
  ],
  run: async (invocation, name: string) => {
    const created = await (await invocation.native()).createOrganisation(name);
    await invocation.print(
      factsView(created, [
        ['organisation', created.id],
        ['name', created.name],
        ['key', created.api_key],
      ]),
    );
    invocation.note('The key is shown this once. garrison profile save --arb --org ID --key KEY keeps it.');
  },
};

export const command: CommandSpec = {
  name: 'orgs',
  description: 'Organisations and their keys. With the master key.',
  examples: [["garrison orgs create 'Acme'", 'an organisation with its first key']],
  commands: [list, create, keys],
};

import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { factsView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addCreate(orgs: Command, terminal: Terminal): void {
  const command = orgs
    .command('create')
    .description('Create an organisation and print its first key, once.')
    .argument('<name>', 'name of the organisation')
    .action(
      act(terminal, async (invocation, name: string) => {
        const created = await (await invocation.native()).createOrganisation(name);
        await invocation.print(
          factsView(created, [
            ['organisation', created.id],
            ['name', created.name],
            ['key', created.api_key],
          ]),
        );
        invocation.note('The key is shown this once. garrison profile save --arb --org ID --key KEY keeps it.');
      }),
    );
  addExamples(command, [
    ["garrison orgs create 'Acme'", 'with the master key'],
    ["garrison orgs create 'Acme' --output json", 'for a program'],
  ]);
}

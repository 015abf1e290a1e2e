import type { Command } from 'commander';
import { addExamples } from '../../../help.ts';
import { act } from '../../../invocation.ts';
import { sentenceView } from '../../../output/print-view.ts';
import type { Terminal } from '../../../terminal.ts';
import { addKeyOptions, type KeyOptions, readKeyFields } from '../../tokens/key-options.ts';

export function addCreate(keys: Command, terminal: Terminal): void {
  const command = keys
    .command('create')
    .description('Create another key for an organisation and print it, once.')
    .argument('<org>', 'id of the organisation')
    .action(
      act(terminal, async (invocation, orgId: string) => {
        const created = await (await invocation.native()).createOrganisationKey(
          orgId,
          readKeyFields(invocation.opts<KeyOptions>()),
        );
        await invocation.print(sentenceView(created, created.api_key));
        invocation.note(`Its id is ${created.id}. It is shown this once.`);
      }),
    );
  addKeyOptions(command, 'arb');
  addExamples(command, [
    ['garrison orgs keys create 0199a3f4-…', 'with the master key'],
    ['garrison orgs keys create 0199a3f4-… --kind otp --scope dispatch --scope status', 'for agent dispatch'],
  ]);
}

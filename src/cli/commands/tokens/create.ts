import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';
import { addKeyOptions, type KeyOptions, readKeyFields } from './key-options.ts';

export function addCreate(tokens: Command, terminal: Terminal): void {
  const command = tokens
    .command('create')
    .description('Create a token and print it, once. Nobody can give a scope he does not have.')
    .action(
      act(terminal, async (invocation) => {
        const created = await (await invocation.native()).createKey(readKeyFields(invocation.opts<KeyOptions>()));
        await invocation.print(sentenceView(created, created.api_key));
        invocation.note(`Its id is ${created.id}. It is shown this once.`);
      }),
    );
  addKeyOptions(command, 'scoped');
  addExamples(command, [
    [
      'garrison tokens create --name ci --scope aegis.edge.fleet.manage --scope aegis.edge.fleet.read',
      'may run, not enrol',
    ],
    ['garrison tokens create --name dashboard --scope edge-admin.read --expires 30d', 'may look, for a month'],
  ]);
}

import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import { resolveNodeUuid } from '../../resolve-node-uuid.ts';
import type { Terminal } from '../../terminal.ts';

export function addCreate(aliases: Command, terminal: Terminal): void {
  const command = aliases
    .command('create')
    .description('Give a machine another name within its cluster.')
    .argument('<node>', 'name or id')
    .argument('<alias>', 'a DNS label')
    .action(
      act(terminal, async (invocation, node: string, name: string) => {
        const client = await invocation.edgeAdmin();
        const alias = await client.createAlias(await resolveNodeUuid(invocation, node), name);
        await invocation.print(sentenceView(alias, `${alias.vpn_hostname} is ${node} now`));
      }),
    );
  addExamples(command, [['garrison aliases create web-1 frontdoor', 'as node-frontdoor.cluster-….nm.internal']]);
}

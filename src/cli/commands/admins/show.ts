import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { factsView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addShow(admins: Command, terminal: Terminal): void {
  const command = admins
    .command('show')
    .description('Show the controller that answers.')
    .action(
      act(terminal, async (invocation) => {
        const me = await (await invocation.edgeAdmin()).me();
        await invocation.print(
          factsView(me, [
            ['name', me.name],
            ['id', me.id],
            ['group', me.admin_cluster_name],
            ['capacity', me.edge_node_capacity],
            ['peers', me.admin_peer_count],
            ['host name', me.vpn_hostname],
            ['computed', invocation.ago(me.last_computed_at)],
          ]),
        );
      }),
    );
  addExamples(command, [['garrison admins show', 'who am I talking to']]);
}
